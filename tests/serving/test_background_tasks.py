import asyncio

import pytest
from structlog.testing import capture_logs

from serving.background_tasks import BackgroundTasks


@pytest.fixture
def failed() -> asyncio.Event:
    return asyncio.Event()


async def raise_an_error():
    raise OSError("log damaged")


async def return_early():
    pass


@pytest.mark.parametrize("work", [raise_an_error, return_early])
async def test_a_task_that_ends_by_itself_is_reported(failed, work):
    tasks = BackgroundTasks(failed.set)
    with capture_logs() as lines:
        tasks.start("reader", work())
        async with asyncio.timeout(5):
            await failed.wait()
    assert [(line["event"], line["task"]) for line in lines] == [
        ("background task ended", "reader")
    ]
    await tasks.close()


async def test_closing_ends_tasks_without_an_alarm(failed):
    ended = asyncio.Event()

    async def read_for_ever():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    tasks = BackgroundTasks(failed.set)
    tasks.start("reader", read_for_ever())
    await asyncio.sleep(0)  # let it begin
    await tasks.close()
    assert ended.is_set()
    assert not failed.is_set()

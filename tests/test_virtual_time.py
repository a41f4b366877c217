"""The clock that tests of waiting go by."""

import asyncio

import pytest

from tests.virtual_time import NobodyWillWakeUpError, run_virtually


def test_waits_take_as_long_as_they_say_and_no_time():
    async def work():
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.gather(asyncio.sleep(3_600), asyncio.sleep(7_200))
        return loop.time() - began_s

    assert run_virtually(work()) == pytest.approx(7_200)


def test_a_wait_without_a_bound_is_an_error():
    with pytest.raises(NobodyWillWakeUpError):
        run_virtually(asyncio.Event().wait())


def test_a_wait_with_a_bound_ends():
    async def work():
        async with asyncio.timeout(5):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run_virtually(work())

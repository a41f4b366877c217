import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from prometheus_client import generate_latest

from serving.errors import OverloadedError
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def one_and_one(metrics) -> AsyncIterator[NativeExecutor]:
    """One thread and one place to wait."""
    executor = NativeExecutor(metrics, workers=1, queue=1)
    yield executor
    await executor.close()


async def test_runs_off_the_event_loop(one_and_one):
    assert await one_and_one.run(threading.get_ident) != threading.get_ident()


async def test_passes_arguments_and_errors_through(one_and_one):
    assert await one_and_one.run(int, "ff", base=16) == 255
    with pytest.raises(ValueError, match="invalid literal"):
        await one_and_one.run(int, "x")


async def test_refuses_at_once_when_the_queue_is_full(one_and_one, metrics):
    release = threading.Event()
    jobs = [asyncio.create_task(one_and_one.run(release.wait)) for _ in range(2)]
    await asyncio.sleep(0)  # let both take their places
    with pytest.raises(OverloadedError, match="2 native jobs"):
        await one_and_one.run(int)
    release.set()
    assert await asyncio.gather(*jobs) == [True, True]
    assert await one_and_one.run(int) == 0
    assert b"feedrank_executor_refused_total 1.0" in generate_latest(metrics.registry)


async def test_a_job_cancelled_while_waiting_never_begins_and_gives_its_place_back(one_and_one):
    release, ran = threading.Event(), threading.Event()
    running = asyncio.create_task(one_and_one.run(release.wait))
    waiting = asyncio.create_task(one_and_one.run(ran.set))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    next_one = asyncio.create_task(one_and_one.run(int))
    await asyncio.sleep(0)
    release.set()
    assert await running
    assert await next_one == 0
    assert not ran.is_set()


async def test_never_runs_more_at_once_than_it_has_workers(metrics):
    executor = NativeExecutor(metrics, workers=2, queue=6)
    lock, both = threading.Lock(), threading.Barrier(2)
    running, most = 0, 0

    def count() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait(timeout=5)
        with lock:
            running -= 1

    await asyncio.gather(*(executor.run(count) for _ in range(8)))
    await executor.close()
    assert most == 2

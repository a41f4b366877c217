import asyncio
import threading
import time

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from serving.loop_stall import RECOVERED_S, STUCK_S, WINDOW_S, LoopStall
from serving.loop_watch import ALARM_S, QUIET_S, BlockedLine, watch_loop
from serving.metrics import LOOP_BLOCKED, LOOP_LAG, LOOP_STALLED, LOOP_WAIT
from serving.metrics_recorder import Metrics
from serving.serving_loop import ServingLoop
from tests.serving.fixed_clock import FixedMonotonic
from tests.serving.until import until


def hold_the_loop() -> None:
    """Named so that it is found in a stack."""
    hold_for(4 * ALARM_S)


def hold_for(seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        time.sleep(0.001)


@pytest.fixture
async def metrics():
    metrics = Metrics()
    task = asyncio.create_task(watch_loop(metrics))
    await until(lambda: sum(metrics.histogram(LOOP_LAG).counts) > 0)
    yield metrics
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_lateness_is_sampled_while_nothing_happens(metrics):
    before = sum(metrics.histogram(LOOP_LAG).counts)
    await until(lambda: sum(metrics.histogram(LOOP_LAG).counts) > before + 2)
    assert "feedrank_loop_lag_ms_count" in generate_latest(metrics.registry).decode()


def test_how_long_calls_in_progress_wait_is_sampled():
    """Steps of theirs that wait stand between any two samples."""

    async def work() -> None:
        end_s = time.monotonic() + 3.0
        while waits_ms() == 0 and time.monotonic() < end_s:
            hold_for(0.002)
            await asyncio.sleep(0)

    def waits_ms() -> float:
        return sum(metrics.histogram(LOOP_WAIT).counts[above_1_ms:])

    async def watched() -> None:
        watching = asyncio.create_task(watch_loop(metrics))
        await asyncio.gather(*(work() for _ in range(5)))
        watching.cancel()

    metrics = Metrics()
    above_1_ms = next(at for at, bound in enumerate(LOOP_WAIT.buckets) if bound > 1.0)
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        runner.run(watched())
    assert waits_ms() > 0


async def test_who_holds_the_loop_is_counted_and_named(metrics):
    def names_it() -> bool:
        return any(
            "hold_the_loop" in place
            for line in lines
            if line["event"] == "event loop blocked"
            for place in line["stack"]
        )

    with capture_logs() as lines:
        before = metrics.counter(LOOP_BLOCKED)._value.get()
        hold_the_loop()
        await until(lambda: metrics.counter(LOOP_BLOCKED)._value.get() > before)
        await until(names_it)
    assert all(line["late_ms"] >= ALARM_S * 1_000 for line in lines)


async def test_the_thread_ends_with_its_task():
    before = set(threading.enumerate())

    def is_watched() -> bool:
        started = set(threading.enumerate()) - before
        return any(thread.name == "loop-watch" for thread in started)

    task = asyncio.create_task(watch_loop(Metrics()))
    await until(is_watched)
    task.cancel()
    await until(lambda: not is_watched())


def test_one_line_in_ten_seconds_tells_of_the_others():
    monotonic = FixedMonotonic()
    line = BlockedLine(monotonic)
    with capture_logs() as lines:
        for _ in range(3):
            line.write(60.0, ["here"])
        monotonic.time_s += QUIET_S
        line.write(70.0, ["there"])
    assert [(entry["late_ms"], entry["as_often_since_last_line"]) for entry in lines] == [
        (60.0, 0),
        (70.0, 2),
    ]


class Watched:
    """A stall whose changes are kept, and the time."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        self.now_s = 0.0
        self.metrics = Metrics()
        self.stall = LoopStall(
            lambda: self.changes.append("withdrawn"),
            lambda: self.changes.append("restored"),
            self.metrics,
        )

    def tick(self, late_s: float) -> None:
        self.now_s += late_s + 0.05
        self.stall.note(late_s, self.now_s)


def test_readiness_goes_when_the_loop_stood_most_of_the_window_and_comes_back():
    watched = Watched()
    while not watched.changes:
        watched.tick(1.0)
    assert 0.5 * WINDOW_S < watched.now_s < WINDOW_S
    assert watched.metrics.counter(LOOP_STALLED)._value.get() == 1
    stood_until_s = watched.now_s
    while watched.changes == ["withdrawn"]:
        watched.tick(0.0)
    assert watched.changes == ["withdrawn", "restored"]
    assert watched.now_s - stood_until_s == pytest.approx(RECOVERED_S, abs=0.1)


def test_a_busy_loop_that_is_often_a_little_late_stays_ready():
    watched = Watched()
    for _ in range(1_000):
        watched.tick(STUCK_S * 0.9)
    assert watched.changes == []


def test_one_long_stop_is_no_reason():
    watched = Watched()
    watched.tick(0.4 * WINDOW_S)
    for _ in range(1_000):
        watched.tick(0.001)
    assert watched.changes == []

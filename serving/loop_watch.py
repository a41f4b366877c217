"""Notices when the event loop stands still: what holds it delays every request of the process.

A thread asks the loop for a sign of life; where none comes in time it logs what the loop is doing,
which no task of the loop itself could tell. Code that keeps the interpreter lock stops this thread
as well: its line then comes late and shows what ran next, the time in it is right all the same.
"""

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Callable

import structlog

from serving.loop_stall import LoopStall
from serving.metrics import LOOP_BLOCKED, LOOP_LAG, LOOP_WAIT
from serving.metrics_recorder import Metrics

INTERVAL_S = 0.05
ALARM_S = 0.05
"""Lateness worth a line in the log: as much as a whole request may take."""

QUIET_S = 10.0
"""One line in so long: a loop that is blocked all the time must not fill the disk as well."""

STACK_LINES = 12

log = structlog.get_logger()


async def watch_loop(metrics: Metrics, stall: LoopStall | None = None) -> None:
    """Watch the loop this runs in, for ever; run it as a background task.

    Args:
        stall: Decides about readiness; without it nobody does.
    """
    watch = _LoopWatch(metrics, stall)
    watch.start()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        watch.stop()


class _LoopWatch:
    """The thread, and the one callback it makes the loop run."""

    def __init__(self, metrics: Metrics, stall: LoopStall | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._lag = metrics.histogram(LOOP_LAG)
        self._wait = metrics.histogram(LOOP_WAIT)
        self._blocked = metrics.counter(LOOP_BLOCKED)
        self._line = BlockedLine()
        self._stall = stall
        self._alive = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loop-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The thread ends by itself within `INTERVAL_S`: waiting here would hold the loop."""
        self._stopping.set()
        self._alive.set()

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL_S):
            self._alive.clear()
            asked_s = time.monotonic()
            try:
                self._loop.call_soon_threadsafe(self._answer, asked_s)
            except RuntimeError:  # the loop is closed
                return
            if not self._alive.wait(ALARM_S):
                stack = _stack_of(self._loop_thread)
                self._alive.wait()
                if not self._stopping.is_set():
                    self._blocked.inc()
                    self._line.write((time.monotonic() - asked_s) * 1_000, stack)

    def _answer(self, asked_s: float) -> None:
        now_s = time.monotonic()
        self._lag.observe((now_s - asked_s) * 1_000)
        self._alive.set()
        if self._stall is not None:
            self._stall.note(now_s - asked_s, now_s)
        # Of the calls in progress: an answer to a thread goes before them (`ServingLoop`).
        self._loop.call_soon(self._note_turn, now_s)

    def _note_turn(self, asked_s: float) -> None:
        self._wait.observe((time.monotonic() - asked_s) * 1_000)


class BlockedLine:
    """The line about a blocked loop, limited in number."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._written_s: float | None = None
        self._unwritten = 0

    def write(self, late_ms: float, stack: list[str]) -> None:
        """`stack`: where the loop was when it was missed, innermost last."""
        now_s = self._monotonic()
        if self._written_s is not None and now_s - self._written_s < QUIET_S:
            self._unwritten += 1
            return
        self._written_s = now_s
        log.warning(
            "event loop blocked",
            late_ms=round(late_ms, 1),
            stack=stack,
            as_often_since_last_line=self._unwritten,
        )
        self._unwritten = 0


def _stack_of(thread: int) -> list[str]:
    """The innermost frames of a thread, as `file:line function`; empty if it is gone."""
    frame = sys._current_frames().get(thread)
    frames = traceback.extract_stack(frame)[-STACK_LINES:] if frame else []
    return [f"{entry.filename}:{entry.lineno} {entry.name}" for entry in frames]

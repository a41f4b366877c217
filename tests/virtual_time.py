"""A loop whose clock jumps to the next timer when nobody has anything to do.

Waits of seconds take no time, times can be compared exactly, and a wait that nothing will ever end
is an error instead of a test that hangs.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class NobodyWillWakeUpError(Exception):
    """All tasks wait, and no timer is set: somebody waits without a bound."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For tests without threads and without sockets."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.now_s


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events and timeout is None:
            raise NobodyWillWakeUpError
        if not events and timeout:
            self._loop.now_s += timeout
        return events


def run_virtually(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end on a loop of its own; tasks left over are cancelled.

    Raises:
        NobodyWillWakeUpError: somebody waits without a bound.
    """
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        left_over = asyncio.all_tasks(loop)
        for task in left_over:
            task.cancel()
        if left_over:
            loop.run_until_complete(asyncio.wait(left_over))
        for task in left_over:  # taken, or it would be complained of
            _ = task.cancelled() or task.exception()
        loop.close()

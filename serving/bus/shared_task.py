"""Work that many callers wait for, each as long as it can; done once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

from serving.errors import BusUnavailableError
from serving.serving_loop import ordinary

Result = TypeVar("Result")


class SharedTask(Generic[Result]):
    """Starts `work` when first asked for, and again after it failed or was forgotten."""

    def __init__(self, work: Callable[[], Awaitable[Result]]) -> None:
        self._work = work
        self._task: asyncio.Task[Result] | None = None

    async def result(self) -> Result:
        """What `work` returns or raises. A caller that is cancelled leaves the work running."""
        task = self._task
        if task is None or (task.done() and task.exception() is not None):
            context = ordinary(Context())  # in no caller's: it serves all of them
            task = self._task = asyncio.create_task(self._run(), context=context)
        return await asyncio.shield(task)

    def forget(self, result: Result) -> bool:
        """Have the next caller start anew, if `result` is still what callers get."""
        task = self._task
        if task is None or not task.done() or task.exception() or task.result() is not result:
            return False
        self._task = None
        return True

    async def close(self) -> Result | None:
        """Stop; returns what the work had returned, for the caller to release."""
        task, self._task = self._task, None
        if task is None:
            return None
        task.cancel()
        await asyncio.wait([task])
        return None if task.exception() else task.result()

    async def _run(self) -> Result:
        try:
            return await self._work()
        except asyncio.CancelledError:
            # Those who wait must not be told that they themselves were cancelled.
            raise BusUnavailableError("the bus is closed") from None

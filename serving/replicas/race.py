"""A call that is made once more on another replica when it is slow; the first answer wins.

Written around one timer, because nineteen of twenty calls need no more than that: the second call,
and a task for it, come to be only when the timer fires.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc

from serving.replicas.attempt import Attempt
from serving.timers import Timers


class Race:
    """One call and at most one hedge."""

    __slots__ = ("_begin_second", "_first", "_second", "is_won_by_hedge")

    def __init__(self, first: Attempt, begin_second: Callable[[], Attempt | None]) -> None:
        """Args:
        begin_second: Called when the first is slow; `None` if there is nobody else, or no budget.
        """
        self._first = first
        self._begin_second = begin_second
        self._second: asyncio.Task[Any] | None = None
        self.is_won_by_hedge = False

    async def answer(self, clock: Timers, hedge_after_s: float) -> Any:
        """The first good answer.

        Raises:
            grpc.aio.AioRpcError: of the first call, when both have failed.
        """
        timer = clock.call_later(hedge_after_s, self._hedge)
        try:
            return await self._first.answer()
        except asyncio.CancelledError:
            if self._second is None or not self.is_won_by_hedge or _is_cancelled():
                raise
            return self._second.result()
        except grpc.aio.AioRpcError:
            answer = None if self._second is None else await self._second
            if answer is None:
                raise
            return answer
        finally:
            timer.cancel()
            if self._second is not None:
                self._second.cancel()

    def _hedge(self) -> None:
        second = self._begin_second()
        if second is not None:
            self._second = asyncio.ensure_future(self._ask(second))

    async def _ask(self, second: Attempt) -> Any:
        """The second's answer, or `None`: its failure matters only if the first fails, too."""
        try:
            answer = await second.answer()
        except grpc.aio.AioRpcError:
            return None
        self.is_won_by_hedge = True
        self._first.lose()
        return answer


def _is_cancelled() -> bool:
    """Whether somebody has cancelled this task, not only the call it awaits."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

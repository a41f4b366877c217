"""A call that is made once more on another replica when it is slow; the first answer wins.

Written around one timer, because nineteen of twenty calls need no more than that: the second call,
and a task for it, come to be only when the timer fires. If nothing may be spent on a call that is
merely slow, the timer fires once more when it is far slower than usual.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc

from serving.replicas.attempt import Attempt
from serving.timers import Timer, Timers


class Race:
    """One call and at most one hedge."""

    __slots__ = ("_begin_second", "_first", "_hedged", "_second", "_timer", "is_won_by_hedge")

    def __init__(self, first: Attempt, begin_second: Callable[[bool], Attempt | None]) -> None:
        """Args:
        begin_second: Called when the first is slow, with whether it is far slower than usual;
            `None` if there is nobody else, or no budget.
        """
        self._first = first
        self._begin_second = begin_second
        self._second: asyncio.Task[Any] | None = None
        self._hedged: Attempt | None = None
        self._timer: Timer | None = None
        self.is_won_by_hedge = False

    async def answer(self, clock: Timers, slow_after_s: float, far_slower_s: float) -> Any:
        """The first good answer.

        Raises:
            grpc.aio.AioRpcError: of the first call, when both have failed.
        """
        in_need_after_s = max(0.0, far_slower_s - slow_after_s)
        self._timer = clock.call_later(slow_after_s, self._hedge, clock, in_need_after_s)
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
            self._timer.cancel()
            if self._second is not None and self._hedged is not None:
                # A task that is cancelled before its first step would leave the call open.
                self._hedged.give_up()
                self._second.cancel()

    def _hedge(self, clock: Timers, again_after_s: float | None) -> None:
        second = self._begin_second(again_after_s is None)
        if second is not None:
            self._hedged = second
            self._second = asyncio.ensure_future(self._ask(second))
        elif again_after_s is not None:
            self._timer = clock.call_later(again_after_s, self._hedge, clock, None)

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

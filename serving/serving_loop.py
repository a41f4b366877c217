"""An event loop that takes new calls in, and sends answers out, before it goes on with the others.

asyncio runs whatever is ready in the order it became so. To take one call in, gRPC comes back to
the loop about five times, one call after another; if every time all calls in progress do a piece
of their work first, a busy server takes in fewer calls than it could answer. The rest wait unseen
inside gRPC, none is refused in time, and all are late. So here a few short steps go first: those of
tasks whose context says `urgent`. See docs/overload.md.
"""

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import TypeVarTuple

SLICE_S = 0.0005
"""How long steps that are not urgent run, at least, before the loop looks for urgent ones."""

PATIENCE_S = 0.01
"""How long steps that are not urgent stand back: a flood of refusals leaves time for work."""

HANDOVER_S = 0.0001
"""How long the loop looks out for the next call after one came in. gRPC hands over one at a time,
by way of a thread of its own: else a slice of other steps would run between any two, and how long
those steps are would bound how many calls are taken in."""

Given = TypeVarTuple("Given")

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


def set_urgent(urgent: bool) -> None:
    """Whether the task at hand, and those it starts from now on, go first."""
    _urgent.set(urgent)


async def stand_back() -> None:
    """Go on with the task at hand when its turn comes, and not first."""
    set_urgent(False)
    await asyncio.sleep(0)


def expect_another_call() -> None:
    """A call came in on this loop: the next one may be on its way."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, ServingLoop):
        loop.expect_another_call()


def urgent(context: Context) -> Context:
    """The same context; a task that is created in it goes first, as do those that it starts."""
    context.run(set_urgent, True)
    return context


def ordinary(context: Context) -> Context:
    """The same context; a task that is created in it waits for its turn, as do those it starts.
    For tasks that outlive what they are started by, or serve others as well."""
    context.run(set_urgent, False)
    return context


class OrdinaryTimer(asyncio.TimerHandle):
    """A timer whose callback, once it is due, waits for its turn like any other step.

    Else a limit for an answer that has come would run out because its task waits for its turn:
    what is our own delay would look like the neighbour's.
    """

    __slots__ = ("_is_due",)

    def __init__(
        self,
        when: float,
        callback: Callable[[*Given], object],
        args: tuple[*Given],
        loop: "ServingLoop",
        context: Context | None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._is_due = False

    def _run(self) -> None:
        if self._is_due:
            super()._run()
            return
        self._is_due = True
        self._loop.take_turn(self)  # type: ignore[attr-defined]


class ServingLoop(asyncio.SelectorEventLoop):
    """asyncio's loop with two queues instead of one.

    Callbacks of events and other threads go first too: asyncio queues them itself, and they do no
    more than to wake tasks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._later: deque[asyncio.Handle] = deque()
        self._served_s = 0.0
        self._expects_call = False

    def expect_another_call(self) -> None:
        """Look out for events before the next slice of other steps."""
        self._expects_call = True

    def call_soon(
        self, callback: Callable[[*Given], object], *args: *Given, context: Context | None = None
    ) -> asyncio.Handle:
        self._check_use()
        handle = asyncio.Handle(callback, args, self, context)
        is_urgent = _urgent.get() if context is None else context.get(_urgent)
        (self._ready if is_urgent else self._later).append(handle)  # type: ignore[attr-defined]
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        is_urgent = _urgent.get() if context is None else context.get(_urgent)
        if is_urgent:
            return super().call_at(when, callback, *args, context=context)
        self._check_use()
        timer = OrdinaryTimer(when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)  # type: ignore[attr-defined]
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def take_turn(self, handle: asyncio.Handle) -> None:
        """Have it run after the steps that are ready and not urgent."""
        self._later.append(handle)

    def close(self) -> None:
        super().close()
        self._later.clear()

    def _check_use(self) -> None:
        """As the base class does."""
        self._check_closed()  # type: ignore[attr-defined]
        if self._debug:  # type: ignore[attr-defined]
            self._check_thread()  # type: ignore[attr-defined]

    def _run_once(self) -> None:
        later, ready = self._later, self._ready  # type: ignore[attr-defined]
        now_s = time.perf_counter()
        if not later:
            self._served_s = now_s
        elif now_s - self._served_s > PATIENCE_S or not (ready or self._looked_out(now_s)):
            self._served_s = self._run_later()
        if later and not ready:
            # The base class waits for events unless something is ready.
            ready.append(asyncio.Handle(_nothing, (), self))
        super()._run_once()  # type: ignore[misc]

    def _looked_out(self, now_s: float) -> bool:
        """Whether something has happened, where a call is expected: waits for it, but not long.

        What it was is left to the base class, which looks again.
        """
        if not self._expects_call:
            return False
        self._expects_call = False
        end_s = now_s + HANDOVER_S
        while time.perf_counter() < end_s:
            # Not with a timeout: selectors wait for whole milliseconds.
            if self._selector.select(0):  # type: ignore[attr-defined]
                return True
        return False

    def _run_later(self) -> float:
        """Run a slice of what is not urgent; returns when it ended."""
        now_s = time.perf_counter()
        end_s = now_s + SLICE_S
        while self._later and now_s < end_s:
            handle = self._later.popleft()
            if not handle.cancelled():
                handle._run()
            now_s = time.perf_counter()
        return now_s


def _nothing() -> None:
    """What the loop runs when it only looks for events."""

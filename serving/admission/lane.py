"""One kind of call on its way in: so many run, a few wait in fair order, the rest are refused.

The queue belongs here and not behind the gate. In one event loop whatever was let in shares the
processor with everything else, the acceptance of new calls included: many calls at a time finish
no earlier in all and each of them later.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from serving.admission.concurrency_limit import ConcurrencyLimit
from serving.admission.fair_queue import FairQueue
from serving.admission.refusals import Refusals
from serving.admission.turn import Turn
from serving.deadline import Deadline
from serving.ending import Ending

MIN_WAIT_MS = 10.0
"""A wait always worth it, however quick the calls are."""

LONGEST_SHARE_MS = 250.0
"""However much time a call has left: nobody wants to look at a page that long, and a queue that
stands for longer only makes everybody late."""

LEAST_LEFT = 0.05
"""Share of its time that a call is to end with: with less, too many run at a time."""


class Lane:
    """Belongs to one event loop."""

    def __init__(
        self,
        limit: ConcurrencyLimit,
        refusals: Refusals,
        wait_factor: float,
        wait_share: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`wait_factor`: the longest wait, in no-load times of a call; `wait_share`: in the time it
        has left, where that is more."""
        self.limit = limit
        self.running = 0
        self._running_of: Counter[str] = Counter()
        self._waiting = FairQueue(self._running_of)
        self.refusals = refusals
        self._wait_factor = wait_factor
        self._wait_share = wait_share
        self._monotonic = monotonic

    @property
    def waiting(self) -> int:
        return self._waiting.count

    def enter(self, caller: str, deadline: Deadline) -> Turn:
        """A turn that has begun, or one that waits: then `await wait(turn)`.

        Raises:
            OverloadedError: it would have to wait too long, or could not end in time.
        """
        turn = Turn(caller, deadline, self._monotonic())
        if self.running < self.limit.value and not self._waiting.count:
            # An idle server tries: what little time is left may do, and it learns what calls take.
            if self.running and deadline.remaining_ms() < self.limit.run_ms:
                raise self.refusals.error("deadline")
            self._begin(turn)
            return turn
        wait_ms = self._expected_wait_ms(caller)
        longest_ms = self._longest_wait_ms(deadline)
        if wait_ms > longest_ms and self._has_its_share(caller, longest_ms):
            raise self.refusals.error("limit")
        if wait_ms + self.limit.run_ms > deadline.remaining_ms():
            raise self.refusals.error("deadline")
        turn.granted = asyncio.get_running_loop().create_future()
        self._waiting.add(turn)
        return turn

    async def wait(self, turn: Turn) -> None:
        """Return when the turn has begun.

        Raises:
            OverloadedError: by now it is too late for it.
        """
        assert turn.granted is not None
        try:
            await turn.granted
        except asyncio.CancelledError:
            if turn.running:
                self.leave(turn, Ending.FAILED)
            else:
                self._waiting.discard(turn)
            raise

    def leave(self, turn: Turn, ending: Ending) -> None:
        """A turn that had begun is over."""
        elapsed_ms = (self._monotonic() - turn.begun_s) * 1_000
        sooner_ms = self.limit.run_ms - elapsed_ms
        if ending is Ending.TURNED_AWAY or self._ran_out(turn, elapsed_ms):
            self.limit.back_off()
        if ending is Ending.TURNED_AWAY and sooner_ms > 0:
            # The next would find no room either: the place stays taken as long as a call takes.
            asyncio.get_running_loop().call_later(sooner_ms / 1_000, self._free, turn)
            return
        if ending is Ending.WHOLE or sooner_ms < 0:  # what failed quickly says nothing
            self.limit.observe(elapsed_ms, turn.running)
        self._free(turn)

    def _free(self, turn: Turn) -> None:
        """Give a place to the next."""
        self.running -= 1
        self._running_of[turn.caller] -= 1
        if not self._running_of[turn.caller]:
            del self._running_of[turn.caller]
        while self._waiting.count and self.running < self.limit.value:
            self._grant(self._waiting.pop())

    def _ran_out(self, turn: Turn, elapsed_ms: float) -> bool:
        """Whether hardly any time was left of what would have been enough on an idle server."""
        left_ms = turn.deadline.remaining_ms()
        had_ms = elapsed_ms + left_ms
        return left_ms < LEAST_LEFT * had_ms and had_ms > 2 * self.limit.no_load_ms

    def _begin(self, turn: Turn) -> None:
        self.running += 1
        self._running_of[turn.caller] += 1
        turn.running = self.running

    def _grant(self, turn: Turn) -> None:
        assert turn.granted is not None
        if turn.granted.done():  # its caller gave up this very moment
            return
        if turn.deadline.remaining_ms() < self.limit.run_ms:
            turn.granted.set_exception(self.refusals.error("deadline"))
            return
        turn.begun_s = self._monotonic()
        self._begin(turn)
        turn.granted.set_result(None)

    def _has_its_share(self, caller: str, longest_ms: float) -> bool:
        """Whether a caller waits already, and has its part of as many calls as may be here before
        the wait is too long. With its own it makes the wait no longer than that for anybody."""
        if not self._waiting.has(caller):
            return False
        permitted = int(self.limit.value * (1 + longest_ms / self.limit.run_ms))
        callers = 1 + self._waiting.callers_beside(caller)
        return self._waiting.calls_of(caller) >= permitted / callers

    def _expected_wait_ms(self, caller: str) -> float:
        turns = self._waiting.ahead_of(caller) + 1
        return turns * self.limit.run_ms / self.limit.value

    def _longest_wait_ms(self, deadline: Deadline) -> float:
        # A lane that knows nothing yet has taken no time: infinity of that is no number.
        by_cost_ms = self._wait_factor * (self.limit.no_load_ms or 1.0)
        share_ms = min(self._wait_share * deadline.remaining_ms(), LONGEST_SHARE_MS)
        return max(MIN_WAIT_MS, by_cost_ms, share_ms)

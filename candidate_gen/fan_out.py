"""Asks all shards at once, and waits for the last ones only as long as that is worth it.

One slow shard must not take a request's time from all later stages. Once enough shards have
answered, the others get a share of what is left, but no longer than answers usually take; whoever
was late again and again is waited for only now and then, until it is in time again.

A task per shard, one future and one timer serve for that: the clients bring their own deadline.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from serving.contracts.shard import SearchRequest, ShardAnswer, ShardClient
from serving.deadline import Deadline
from serving.errors import DeadlineError
from serving.replicas.latency_digest import LatencyDigest
from serving.timers import Timer, Timers

GIVEN_UP_AFTER = 3
"""Times in a row that a shard was late, after which nobody waits for it."""

WAITED_FOR_AGAIN = 20
"""Of so many requests one waits all the same, to find out whether it is back."""

Call = asyncio.Future[list[ShardAnswer]]
Reply = list[ShardAnswer] | BaseException


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the last shards are waited for.

    Attributes:
        coverage: Share of all shards that must have answered before anybody is left behind.
        p95_multiple: Of the 95th percentile of latest answers. Above 2, as a hedge goes out at one.
        share_of_rest: Of what was left when enough shards had answered.
    """

    coverage: float = 0.5
    p95_multiple: float = 4.0
    share_of_rest: float = 0.5


class FanOut:
    """All shard clients, and what their answers have taken so far.

    Attributes:
        single: The only client, where there is only one: nothing to fan out.
    """

    def __init__(
        self,
        clients: Sequence[ShardClient],
        patience: Patience | None = None,
        timers: Timers | None = None,
    ) -> None:
        self.patience = patience or Patience()
        self.latency = LatencyDigest()
        self.single = clients[0] if len(clients) == 1 else None
        self._clients = clients
        self._timers = timers
        self._late_in_row = [0] * len(clients)
        self._until_waited = WAITED_FOR_AGAIN

    async def ask(
        self, request: SearchRequest, shards_total: int, deadline: Deadline
    ) -> list[Reply]:
        """One reply per client, in their order: its answers, or why there are none."""
        calls = [
            asyncio.ensure_future(client.search(request, deadline)) for client in self._clients
        ]
        given_up = self._given_up()
        expected: set[Call] = {call for n, call in enumerate(calls) if n not in given_up}
        timers = self._timers or asyncio.get_running_loop()
        waiting = _Waiting(self, timers, calls, expected, shards_total, deadline)
        try:
            await waiting.done
        finally:
            waiting.timer.cancel()
            late = [number for number, call in enumerate(calls) if not call.done()]
            for number in late:
                calls[number].cancel()
        for number in range(len(calls)):
            self._late_in_row[number] = self._late_in_row[number] + 1 if number in late else 0
        return [_reply(call, number in late) for number, call in enumerate(calls)]

    def _given_up(self) -> set[int]:
        given_up = {n for n, late in enumerate(self._late_in_row) if late >= GIVEN_UP_AFTER}
        if not given_up:
            return given_up
        self._until_waited -= 1
        if self._until_waited > 0:
            return given_up
        self._until_waited = WAITED_FOR_AGAIN
        return set()


class _Waiting:
    """One request: counts answers as they come, and says when to go on.

    Attributes:
        done: Set when there is nothing left to wait for.
    """

    __slots__ = (
        "_answered",
        "_began_s",
        "_deadline",
        "_enough",
        "_expected",
        "_fan_out",
        "_left",
        "_timers",
        "done",
        "timer",
    )

    def __init__(
        self,
        fan_out: FanOut,
        timers: Timers,
        calls: Sequence[Call],
        expected: set[Call],
        shards_total: int,
        deadline: Deadline,
    ) -> None:
        self._fan_out = fan_out
        self._timers = timers
        self._began_s = self._timers.time()
        self._deadline = deadline
        self._left = len(calls)
        self._expected = expected
        self._answered = 0
        self._enough = fan_out.patience.coverage * shards_total
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.timer: Timer = self._timers.call_later(deadline.remaining_s(), self._go_on)
        for call in calls:
            call.add_done_callback(self._came)

    def _came(self, call: Call) -> None:
        if self.done.done():
            return
        took_s = self._timers.time() - self._began_s
        self._left -= 1
        self._expected.discard(call)
        if not call.cancelled() and call.exception() is None:
            had_enough = self._answered >= self._enough
            self._answered += len(call.result())
            self._fan_out.latency.add(took_s)
            if not had_enough and self._answered >= self._enough:
                self._hurry(took_s)
        if not self._left or (not self._expected and self._answered >= self._enough):
            self._go_on()

    def _hurry(self, took_s: float) -> None:
        """Enough have answered `took_s` after the start: limit how long the others may take."""
        patience, p95_s = self._fan_out.patience, self._fan_out.latency.p95_s
        rest_s = patience.share_of_rest * self._deadline.remaining_s()
        if p95_s is not None:
            # When all are slower than usual, those answered so far say what is usual now.
            usual_s = max(patience.p95_multiple * p95_s, 2 * took_s)
            rest_s = min(rest_s, usual_s - took_s)
        self.timer.cancel()
        self.timer = self._timers.call_later(rest_s, self._go_on)

    def _go_on(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _reply(call: Call, is_late: bool) -> Reply:
    if is_late:
        return DeadlineError("no answer while others had answered long ago, or by the deadline")
    if call.cancelled():
        return asyncio.CancelledError("cancelled from within")
    return call.exception() or call.result()

"""An admission gate on a clock that stands still, and calls that come to it."""

import asyncio
from types import SimpleNamespace
from typing import Any

from serving.admission.admission_gate import AdmissionGate
from serving.admission.settings import AdmissionSettings
from serving.deadline import Deadline
from serving.ending import Ending
from serving.gate import Call
from serving.metrics import ADMISSION_REFUSED
from serving.metrics_recorder import Metrics

FEED = "/feedrank.v1.FeedService/GetFeed"
PUBLISH = "/feedrank.v1.FeedService/PublishItems"
RANK = "/feedrank.v1.RankerService/Rank"
TAKES_MS = 10.0


class Server:
    """A gate on a clock that stands still, where two calls run at a time, each for ten ms."""

    def __init__(self, **fields: Any) -> None:
        self.now_s = 100.0
        self._tasks: list[asyncio.Task[None]] = []
        self.metrics = Metrics()
        two = {"admission_min_running": 2, "admission_max_running": 2, "admission_wait_share": 0.0}
        given = two | fields
        self.gate = AdmissionGate(AdmissionSettings(**given), self.metrics, lambda: self.now_s)
        for _ in range(30):  # so that it knows what calls take
            for method in (FEED, PUBLISH):
                self.end(self.begin(method=method)[0])

    def begin(
        self,
        caller: str = "a",
        *,
        method: str = FEED,
        page_token: str = "",
        remaining_ms: float = 1_000.0,
    ) -> tuple[Call, "asyncio.Task[None] | None"]:
        """A call that has come, and its wait for a turn, if it has to."""
        deadline = Deadline(self.now_s + remaining_ms / 1_000, lambda: self.now_s)
        request = SimpleNamespace(page_token=page_token)
        call = Call(method, None, caller, request, deadline)
        turn = self.gate.enter(call)
        if turn is None:
            return call, None
        self._tasks.append(asyncio.ensure_future(turn))
        return call, self._tasks[-1]

    def end(self, call: Call, took_ms: float = TAKES_MS, ending: Ending = Ending.WHOLE) -> None:
        self.now_s += took_ms / 1_000
        self.gate.leave(call, ending)

    def refused(self, reason: str, method: str = FEED) -> float:
        return self.metrics.counter(ADMISSION_REFUSED, method, reason)._value.get()

    async def close(self) -> None:
        """Let go of those who still wait."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def waiting_call(server: Server, *arguments: str, **named: Any) -> "asyncio.Task[None]":
    turn = server.begin(*arguments, **named)[1]
    assert turn is not None
    return turn


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)

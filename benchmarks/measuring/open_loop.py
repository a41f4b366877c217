"""Asks for feeds on a schedule that does not wait for answers, as people do; a process of its own.

    python -m benchmarks.measuring.open_loop < plan.json > calls.json

A client that sends the next call when the last is answered slows down with the server, and so
never sees what a peak does. Here a call is due at a moment drawn beforehand, and is late from then
on, whether the server or the client itself was busy.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import grpc

from protos import feed_pb2 as pb
from protos import feed_pb2_grpc

OUTCOMES = {
    grpc.StatusCode.RESOURCE_EXHAUSTED: "refused",
    grpc.StatusCode.DEADLINE_EXCEEDED: "late",
}
PUSHBACK = "grpc-retry-pushback-ms"


@dataclass(frozen=True, slots=True)
class Phase:
    """A time of constant mean rate; calls come independently of one another."""

    name: str
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What one client process does.

    Attributes:
        start_at: `time.time()` of the first phase: several clients begin together.
        viewers: Ids are drawn from `[first, first + count)`.
        token: Shown as bearer token; empty shows none.
        retries: Further attempts of a refused or late call.
        heeds_pushback: Whether they wait as long as the server asked for.
    """

    address: str
    phases: list[Phase]
    start_at: float
    deadline_ms: float = 100.0
    viewers: tuple[int, int] = (0, 300)
    seed: int = 1
    token: str = ""
    retries: int = 0
    heeds_pushback: bool = True

    @classmethod
    def of(cls, fields: dict[str, object]) -> "Plan":
        phases = [Phase(**phase) for phase in fields.pop("phases")]  # type: ignore[attr-defined]
        return cls(phases=phases, **fields)  # type: ignore[arg-type]


@dataclass(slots=True)
class Calls:
    """Parallel lists, one entry per call that was due.

    Attributes:
        due_s: From the start of the plan.
        ms: From when it was due to its answer, retries included.
        outcome: `complete`, `degraded`, `refused`, `late` or `failed`.
        attempts: How often it was sent.
        reasons: How often answers gave each reason.
    """

    due_s: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    outcome: list[str] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


class Client:
    """Sends the calls of a plan over one connection."""

    def __init__(self, plan: Plan, stub: Any) -> None:
        self._plan = plan
        self._stub = stub
        self._random = random.Random(plan.seed)
        self._calls = Calls()
        self._metadata = (("authorization", f"Bearer {plan.token}"),) if plan.token else None

    async def run(self) -> Calls:
        started = time.perf_counter() + self._plan.start_at - time.time()
        async with asyncio.TaskGroup() as tasks:
            for due_s in self._due():
                wait_s = started + due_s - time.perf_counter()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                tasks.create_task(self._call(started, due_s))
        return self._calls

    def _due(self) -> Iterator[float]:
        begin_s = 0.0
        for phase in self._plan.phases:
            due_s = begin_s
            begin_s += phase.seconds
            while phase.rate and (due_s := due_s + self._random.expovariate(phase.rate)) < begin_s:
                yield due_s

    async def _call(self, started: float, due_s: float) -> None:
        request = self._request()
        for attempt in range(1, self._plan.retries + 2):
            outcome, wait_s = await self._attempt(request)
            if outcome not in ("refused", "late") or attempt > self._plan.retries:
                break
            await asyncio.sleep(wait_s)
        ms = (time.perf_counter() - started - due_s) * 1_000
        if outcome == "complete" and attempt == 1 and ms > self._plan.deadline_ms:
            outcome = "late"
        calls = self._calls
        calls.due_s.append(due_s)
        calls.ms.append(ms)
        calls.outcome.append(outcome)
        calls.attempts.append(attempt)

    async def _attempt(self, request: pb.GetFeedRequest) -> tuple[str, float]:
        """The outcome, and how long to wait before another attempt."""
        backoff_s = self._random.uniform(0.01, 0.03)
        try:
            answer = await self._stub.GetFeed(
                request, timeout=self._plan.deadline_ms / 1_000, metadata=self._metadata
            )
        except grpc.aio.AioRpcError as error:
            pushback = _pushback(error)
            if pushback is not None and self._plan.heeds_pushback:
                backoff_s = int(pushback) / 1_000
            return OUTCOMES.get(error.code(), "failed"), backoff_s
        for reason in answer.receipt.degraded_reasons:
            self._calls.reasons[reason] = self._calls.reasons.get(reason, 0) + 1
        return ("degraded" if answer.receipt.degraded_reasons else "complete"), backoff_s

    def _request(self) -> pb.GetFeedRequest:
        # A device of its own each time: a stored feed answers only where it was made for, and what
        # is measured is the making of feeds.
        viewer_id = self._plan.viewers[0] + self._random.randrange(self._plan.viewers[1])
        context = pb.Context(device=f"{self._random.getrandbits(64):x}")
        return pb.GetFeedRequest(viewer_id=viewer_id, page_size=20, surface="home", context=context)


def _pushback(error: grpc.aio.AioRpcError) -> str | None:
    """When the server asked to come back, in milliseconds."""
    metadata: Any = error.trailing_metadata() or ()
    return next((str(value) for key, value in metadata if key == PUSHBACK), None)


async def main() -> None:
    plan = Plan.of(json.load(sys.stdin))
    async with grpc.aio.insecure_channel(plan.address) as channel:
        await channel.channel_ready()
        calls = await Client(plan, feed_pb2_grpc.FeedServiceStub(channel)).run()
    json.dump(asdict(calls), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())

"""A clock that a test moves, and replicas that answer when a test says so."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import grpc

from serving.metrics_recorder import Metrics
from serving.replicas.extra_call_budget import ExtraCallBudget
from serving.replicas.replica_set import ReplicaSet
from serving.replicas.replicated_method import Repeatable, ReplicatedMethod
from serving.replicas.standing import Outcome
from tests.serving.switches.movable_switches import MovableSwitches


def failure(code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata())


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class FakeTimer:
    due_s: float
    callback: Any
    args: tuple[Any, ...]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class FakeClock:
    """Stands for the event loop's clock and timers."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.timers: list[FakeTimer] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay: float, callback: Any, *args: Any) -> FakeTimer:
        timer = FakeTimer(self.now_s + delay, callback, args)
        self.timers.append(timer)
        return timer

    def pass_s(self, seconds: float) -> None:
        """Move on, and fire what is due."""
        self.now_s += seconds
        self.timers = [timer for timer in self.timers if not timer.is_cancelled]
        for timer in [timer for timer in self.timers if timer.due_s <= self.now_s]:
            self.timers.remove(timer)
            timer.callback(*timer.args)


@dataclass
class FakeTransport:
    """A replica that answers with its address, or as told.

    Attributes:
        waiting: Calls that a test has to end, where `is_hung`.
    """

    address: str
    ready: bool = True
    connecting: bool = False
    alive: bool = True
    is_hung: bool = False
    error: Exception | None = None
    asked: int = 0
    timeouts: list[float] = field(default_factory=list)
    waiting: list[asyncio.Future[Any]] = field(default_factory=list)
    is_closed: bool = False

    def method(self, path: str, request_serializer: Any, response_deserializer: Any) -> Any:
        del path, request_serializer, response_deserializer
        return self._begin

    def _begin(self, message: Any, timeout_s: float, metadata: Any) -> asyncio.Future[Any]:
        del message, metadata
        self.asked += 1
        self.timeouts.append(timeout_s)
        call: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.is_hung:
            self.waiting.append(call)
        elif self.error:
            call.set_exception(self.error)
        else:
            call.set_result(self.address)
        return call

    def is_ready(self) -> bool:
        return self.ready

    def is_connecting(self) -> bool:
        return self.connecting

    async def is_alive(self, timeout_s: float) -> bool:
        del timeout_s
        return self.alive

    async def close(self, grace_s: float | None) -> None:
        del grace_s
        self.is_closed = True


@dataclass
class Fleet:
    """A replica set of fakes and one method of it."""

    clock: FakeClock
    metrics: Metrics
    replicas: ReplicaSet
    transports: list[FakeTransport]
    ask: ReplicatedMethod
    switches: MovableSwitches

    async def call(self, timeout_s: float = 1.0) -> Any:
        return await self.ask("question", timeout=timeout_s)

    def learn(self, *p95_s: float) -> None:
        """Give each replica a past in which every call took so long."""
        for replica, seconds in zip(self.replicas.replicas, p95_s, strict=True):
            for _ in range(32):
                self.replicas.note(replica, Outcome.GOOD, seconds)


def a_fleet(
    count: int = 2, *, share: float = 0.05, repeatable: Repeatable = Repeatable.AT_ANY_TIME
) -> Fleet:
    clock, metrics = FakeClock(), Metrics()
    budget, switches = ExtraCallBudget(share), MovableSwitches()
    replicas = ReplicaSet("shard", metrics, budget, clock, random.Random(7), switches)
    transports = [FakeTransport(f"host:{number}") for number in range(count)]
    for transport in transports:
        replicas.add(transport)
    ask = ReplicatedMethod(replicas, "/x/Search", repeatable, bytes, bytes)
    return Fleet(clock, metrics, replicas, transports, ask, switches)

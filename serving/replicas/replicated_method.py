"""A method that any replica can answer: hedged when it only reads, retried when it may be.

Stands where a stub has its `UnaryUnaryMultiCallable`, and costs less: without an interceptor gRPC
needs one task per call instead of two.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

import grpc

from serving.channels import MissingDeadlineError, outgoing_metadata
from serving.metrics import EXTRA_CALLS, HEDGES_WON
from serving.replicas.attempt import Attempt
from serving.replicas.race import Race
from serving.replicas.replica import Replica
from serving.replicas.replica_set import ReplicaSet
from serving.tracing.span import begin_part
from serving.tracing.traced_call import TracedCall

MAX_RETRIES = 2

NOT_DONE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
"""Another replica may do it. A server that stops cancels what it has begun; what is cancelled here
raises `CancelledError` instead."""


class Repeatable(Enum):
    """Whether a method may be called again, as its `idempotency_level` in the protos says.

    NEVER: unknown; a second call might do harm.
    AFTER_FAILURE: its effects are the same when repeated, but cost something.
    AT_ANY_TIME: it only reads.
    """

    NEVER = 0
    AT_ANY_TIME = 1
    AFTER_FAILURE = 2


class ReplicatedMethod:
    """Called like a method of a stub; the answer is awaited."""

    def __init__(
        self,
        replicas: ReplicaSet,
        path: str,
        repeatable: Repeatable,
        request_serializer: Callable[..., Any],
        response_deserializer: Any,
    ) -> None:
        self._replicas = replicas
        self._path = path
        self._repeatable = repeatable
        self._codec = (request_serializer, response_deserializer)
        counter = replicas.metrics.counter
        self._hedges = counter(EXTRA_CALLS, replicas.name, "hedge")
        self._retries = counter(EXTRA_CALLS, replicas.name, "retry")
        self._hedges_won = counter(HEDGES_WON, replicas.name)

    async def __call__(self, message: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        """Ask, and ask another replica within the budget.

        Args:
            timeout: Seconds for all attempts together.

        Raises:
            grpc.aio.AioRpcError: of the last attempt.
            MissingDeadlineError: no timeout.
        """
        if timeout is None:
            raise MissingDeadlineError(f"{self._path} called without timeout=")
        replicas = self._replicas
        replicas.budget.earn()
        until_s = replicas.clock.time() + timeout
        replica = replicas.choose() or await replicas.wait_for_one(until_s)
        asked = [replica]
        while True:
            try:
                return await self._ask(replica, message, until_s)
            except grpc.aio.AioRpcError as error:
                other = self._after(error, asked, until_s)
                if other is None:
                    raise
                asked.append(other)
                replica = other

    async def _ask(self, replica: Replica, message: Any, until_s: float) -> Any:
        replicas = self._replicas
        first = self._begin(replica, message, until_s)
        slow_after_s, far_slower_s = replicas.slow_after_s(replica), replicas.far_slower_s()
        may_hedge = self._repeatable is Repeatable.AT_ANY_TIME and replicas.may_hedge
        if slow_after_s is None or far_slower_s is None or not may_hedge:
            return await first.answer()

        def begin_second(in_need: bool) -> Attempt | None:
            other = replicas.choose(but=(replica,))
            if other is None or not replicas.budget.spend(in_need=in_need):
                return None
            self._hedges.inc()
            return self._begin(other, message, until_s)

        race = Race(first, begin_second)
        answer = await race.answer(replicas.clock, slow_after_s, far_slower_s)
        if race.is_won_by_hedge:
            self._hedges_won.inc()
        return answer

    def _begin(self, replica: Replica, message: Any, until_s: float) -> Attempt:
        begin = replica.method(self._path, *self._codec)
        timeout_s = max(0.0, until_s - self._replicas.clock.time())
        span = begin_part(self._path, "client")
        metadata = outgoing_metadata(span)
        call = begin(message, timeout_s, metadata)
        return Attempt(self._replicas, replica, call if span is None else TracedCall(call, span))

    def _after(
        self, error: grpc.aio.AioRpcError, asked: list[Replica], until_s: float
    ) -> Replica | None:
        """Whom to ask after a failure; `None` if that would be wrong, useless or too much."""
        replicas = self._replicas
        if (
            error.code() not in NOT_DONE
            or self._repeatable is Repeatable.NEVER
            or len(asked) > MAX_RETRIES
        ):
            return None
        other = replicas.choose(but=asked)
        if other is None:
            return None
        needed_s = other.latency.p50_s or 0.0
        if replicas.clock.time() + needed_s >= until_s or not replicas.budget.spend(in_need=True):
            return None
        self._retries.inc()
        return other

"""One call to one replica, and what its end says about the replica."""

import asyncio
from typing import Any

import grpc

from serving.replicas.replica import Replica
from serving.replicas.replica_set import ReplicaSet
from serving.replicas.standing import Outcome
from serving.replicas.transport import PendingCall

SICK = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL})
"""Statuses that a healthy replica does not give. A refusal of overload is no sickness."""


class Attempt:
    """Begins with the constructor, ends with `answer`."""

    __slots__ = ("_began_s", "_call", "_is_lost", "_is_over", "_replica", "_replicas")

    def __init__(self, replicas: ReplicaSet, replica: Replica, call: PendingCall) -> None:
        self._replicas = replicas
        self._replica = replica
        self._call = call
        self._is_lost = False
        self._is_over = False
        self._began_s = replicas.clock.time()
        replica.in_flight += 1

    def lose(self) -> None:
        """Cancel it: another replica was faster. Whoever awaits `answer` gets `CancelledError`."""
        self._is_lost = True
        self._call.cancel()

    def give_up(self) -> None:
        """Cancel it if it is not over. For calls whose `answer` may never have begun to wait."""
        if not self._is_over:
            self._call.cancel()
            self._end(self._if_late())

    async def answer(self) -> Any:
        """The response.

        Raises:
            grpc.aio.AioRpcError: the call failed.
        """
        try:
            response = await self._call
        except grpc.aio.AioRpcError as error:
            self._end(self._meaning(error.code()))
            raise
        except asyncio.CancelledError:
            # A call given up later than is usual was slow; given up earlier, it tells nothing.
            self._end(Outcome.LATE if self._is_lost else self._if_late())
            raise
        self._end(Outcome.GOOD)
        return response

    def _meaning(self, code: grpc.StatusCode) -> Outcome:
        if code in SICK:
            return Outcome.FAILED
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return self._if_late()
        return Outcome.NEUTRAL

    def _if_late(self) -> Outcome:
        slow_s = self._replicas.slow_after_s(self._replica)
        return Outcome.LATE if slow_s is not None and self._took_s() > slow_s else Outcome.NEUTRAL

    def _took_s(self) -> float:
        return self._replicas.clock.time() - self._began_s

    def _end(self, outcome: Outcome) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._replica.in_flight -= 1
        self._replicas.note(self._replica, outcome, self._took_s())

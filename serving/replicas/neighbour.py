"""A service that others call: its replicas, the connections to them, and its methods.

Stands where stubs take a channel: `SocialGraphServiceStub(neighbour)`.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor

from serving.replicas.addresses import parse_addresses
from serving.replicas.name_lookup import Follow, follow_name
from serving.replicas.replica import Replica
from serving.replicas.replica_set import CONNECTING_POLL_S, ReplicaSet
from serving.replicas.replicated_method import Repeatable, ReplicatedMethod
from serving.replicas.transport import Transport

CLOSING_GRACE_S = 5.0
"""For calls under way at a replica whose address is gone."""

Connect = Callable[[str], Transport]
log = structlog.get_logger()


class Neighbour:
    """Belongs to the event loop that runs when it is made. Connects at once.

    Args:
        addresses: See `parse_addresses`.
        service: Whose methods are called; their `idempotency_level` says what may be repeated.
        connect: `host:port` -> connection.
    """

    def __init__(
        self,
        replicas: ReplicaSet,
        addresses: str,
        service: ServiceDescriptor,
        connect: Connect,
        follow: Follow = follow_name,
    ) -> None:
        self.replicas = replicas
        self._repeatable = {
            f"/{service.full_name}/{method.name}": Repeatable(method.GetOptions().idempotency_level)
            for method in service.methods
        }
        self._connect = connect
        self._tasks: set[asyncio.Task[None]] = set()
        places = parse_addresses(addresses)
        for address in places.listed:
            replicas.add(connect(address))
        if places.name:
            self.accompany(follow(places.name, places.port, self._update))

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[..., Any],
        response_deserializer: Callable[[bytes], Any],
        _registered_method: bool = False,
    ) -> ReplicatedMethod:
        """What a stub asks of a channel."""
        return ReplicatedMethod(
            self.replicas,
            method,
            self._repeatable.get(method, Repeatable.NEVER),
            request_serializer,
            response_deserializer,
        )

    async def reached(self, timeout_s: float) -> bool:
        """Wait until a replica is connected; False when that took longer.

        For a start: calls made before would be refused, though everybody is there.
        """
        clock = self.replicas.clock
        until_s = clock.time() + timeout_s
        while not any(replica.is_usable() for replica in self.replicas.replicas):
            if clock.time() >= until_s:
                return False
            await asyncio.sleep(CONNECTING_POLL_S)
        return True

    async def close(self) -> None:
        """Close all connections; calls under way are cancelled."""
        for task in self._tasks:
            task.cancel()
        transports = [replica.transport for replica in self.replicas.replicas]
        self.replicas.close()
        for transport in transports:
            await transport.close(None)

    def accompany(self, work: Any) -> None:
        """Run a coroutine beside it, until its end or `close`."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work beside a neighbour has ended", exc_info=error)

    def _update(self, addresses: set[str]) -> None:
        known = {replica.transport.address: replica for replica in self.replicas.replicas}
        for address in sorted(addresses - known.keys()):
            self.replicas.add(self._connect(address))
        for address in known.keys() - addresses:
            self._leave(known[address])

    def _leave(self, replica: Replica) -> None:
        self.replicas.remove(replica)
        self.accompany(replica.transport.close(CLOSING_GRACE_S))


def channel_of(neighbour: Neighbour) -> grpc.aio.Channel:
    """For stubs: their types ask for a whole channel, while one method of it is all they use."""
    return neighbour  # type: ignore[return-value]

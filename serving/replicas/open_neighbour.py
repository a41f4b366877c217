"""Opens a neighbour as the settings name it."""

import asyncio
from collections.abc import Awaitable

from google.protobuf.descriptor import ServiceDescriptor

from serving.channels import open_replica_channel
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.addresses import parse_addresses
from serving.replicas.extra_call_budget import ExtraCallBudget
from serving.replicas.grpc_transport import GrpcTransport
from serving.replicas.handshakes import watch_handshakes
from serving.replicas.name_lookup import Follow, follow_name
from serving.replicas.neighbour import Neighbour
from serving.replicas.replica_set import ReplicaSet
from serving.switches.switches import EVERYTHING_ON, SwitchBoard


def open_neighbour(
    name: str,
    addresses: str,
    service: ServiceDescriptor,
    metrics: Metrics,
    *,
    extra_call_share: float,
    max_message_bytes: int,
    outgoing: Outgoing,
    follow: Follow = follow_name,
    switches: SwitchBoard = EVERYTHING_ON,
) -> Neighbour:
    """Connect to all replicas. Only where an event loop runs; the caller closes it.

    Args:
        name: For metrics, for example `ann_shards-0`.
        addresses: See `parse_addresses`.
        outgoing: What this process shows to those it calls.
    """
    places = parse_addresses(addresses)
    authority = f"{places.name}:{places.port}" if places.name else None

    def connect(address: str) -> GrpcTransport:
        channel = open_replica_channel(
            address,
            service.full_name,
            max_message_bytes=max_message_bytes,
            outgoing=outgoing,
            authority=authority,
        )
        return GrpcTransport(address, channel, switches)

    budget = ExtraCallBudget(extra_call_share)
    loop = asyncio.get_running_loop()
    replicas = ReplicaSet(name, metrics, budget, loop, switches=switches)
    neighbour = Neighbour(replicas, addresses, service, connect, follow)

    def problem(address: str) -> Awaitable[str | None]:
        host, _, port = address.rpartition(":")
        return outgoing.problem(host.strip("[]"), int(port), places.name or host.strip("[]"))

    neighbour.accompany(watch_handshakes(replicas, problem))
    return neighbour

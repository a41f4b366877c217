"""Connections of a candidate_gen process to the services it asks."""

import asyncio

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from candidate_gen.service import Services
from candidate_gen.settings import CandidateGenSettings
from protos import ann_shard_pb2, ranker_pb2, social_graph_pb2
from serving.contracts.clients.graph_client import GrpcGraphClient
from serving.contracts.clients.ranker_client import GrpcRankerClient
from serving.contracts.clients.shard_client import GrpcShardClient
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.neighbour import Neighbour, channel_of
from serving.replicas.open_neighbour import open_neighbour
from serving.switches.switches import EVERYTHING_ON, SwitchBoard

SHARDS = ann_shard_pb2.DESCRIPTOR.services_by_name["AnnShardService"]
GRAPH = social_graph_pb2.DESCRIPTOR.services_by_name["SocialGraphService"]
RANKER = ranker_pb2.DESCRIPTOR.services_by_name["RankerService"]


class Channels:
    """One per neighbour, to all its replicas; they close together."""

    def __init__(
        self,
        settings: CandidateGenSettings,
        metrics: Metrics,
        switches: SwitchBoard = EVERYTHING_ON,
    ) -> None:
        self._settings = settings
        self._switches = switches
        self._metrics = metrics
        self._outgoing = Outgoing(settings, metrics)
        self._open: list[Neighbour] = []

    def services(self) -> Services:
        """Clients of all neighbours."""
        settings = self._settings
        return Services(
            shards=[
                GrpcShardClient(self._to(f"ann_shards-{number}", addresses, SHARDS))
                for number, addresses in enumerate(settings.shard_addresses)
            ],
            graph=GrpcGraphClient(self._to("social_graph", settings.graph_address, GRAPH)),
            ranker=GrpcRankerClient(self._to("ranker", settings.ranker_address, RANKER)),
        )

    async def unreached(self, timeout_s: float) -> list[str]:
        """Wait until every neighbour is connected; names of those that are not in time."""
        reached = await asyncio.gather(*(each.reached(timeout_s) for each in self._open))
        return [each.replicas.name for each, ok in zip(self._open, reached, strict=True) if not ok]

    async def close(self) -> None:
        for neighbour in self._open:
            await neighbour.close()

    def _to(self, name: str, addresses: str, service: ServiceDescriptor) -> grpc.aio.Channel:
        neighbour = open_neighbour(
            name,
            addresses,
            service,
            self._metrics,
            extra_call_share=self._settings.extra_call_share,
            max_message_bytes=self._settings.max_message_bytes,
            outgoing=self._outgoing,
            switches=self._switches,
        )
        self._open.append(neighbour)
        return channel_of(neighbour)

"""Connections of a candidate_gen process to the services it asks."""

import grpc

from candidate_gen.service import Services
from candidate_gen.settings import CandidateGenSettings
from protos import ann_shard_pb2, ranker_pb2, social_graph_pb2
from serving.channels import open_channel
from serving.contracts.clients.graph_client import GrpcGraphClient
from serving.contracts.clients.ranker_client import GrpcRankerClient
from serving.contracts.clients.shard_client import GrpcShardClient
from serving.tls import channel_credentials

SHARDS = ann_shard_pb2.DESCRIPTOR.services_by_name["AnnShardService"].full_name
GRAPH = social_graph_pb2.DESCRIPTOR.services_by_name["SocialGraphService"].full_name
RANKER = ranker_pb2.DESCRIPTOR.services_by_name["RankerService"].full_name


class Channels:
    """One per address; they connect on first use and close together."""

    def __init__(self, settings: CandidateGenSettings) -> None:
        self._settings = settings
        self._credentials = channel_credentials(
            settings.tls_authority, settings.tls_key, settings.tls_certificate
        )
        self._open: list[grpc.aio.Channel] = []

    def services(self) -> Services:
        """Clients of all neighbours."""
        settings = self._settings
        return Services(
            shards=[GrpcShardClient(self._to(a, SHARDS)) for a in settings.shard_addresses],
            graph=GrpcGraphClient(self._to(settings.graph_address, GRAPH)),
            ranker=GrpcRankerClient(self._to(settings.ranker_address, RANKER)),
        )

    async def close(self) -> None:
        for channel in self._open:
            await channel.close(None)

    def _to(self, address: str, service: str) -> grpc.aio.Channel:
        channel = open_channel(
            address,
            service,
            max_message_bytes=self._settings.max_message_bytes,
            credentials=self._credentials,
        )
        self._open.append(channel)
        return channel

"""A remote process of shards."""

import grpc

from protos import ann_shard_pb2_grpc
from serving.call_failures import call_failure
from serving.contracts import shard_codec
from serving.contracts.shard import Columns, Ids, SearchRequest, ShardAnswer
from serving.deadline import Deadline


class GrpcShardClient:
    """Implements `ShardClient` over a channel, or the replicas of a `Neighbour`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ann_shard_pb2_grpc.AnnShardServiceStub(channel)

    async def search(self, request: SearchRequest, deadline: Deadline) -> list[ShardAnswer]:
        """See `ShardClient.search`."""
        message = shard_codec.request_to_proto(request)
        try:
            answer = await self._stub.Search(message, timeout=deadline.remaining_s())
        except grpc.aio.AioRpcError as error:
            raise call_failure("ann_shards", error) from error
        return shard_codec.answers_from_proto(answer)

    async def lookup(
        self, generation: str, item_ids: Ids, now_ms: int, deadline: Deadline
    ) -> Columns:
        """See `ShardClient.lookup`."""
        message = shard_codec.lookup_to_proto(generation, item_ids, now_ms)
        try:
            answer = await self._stub.Lookup(message, timeout=deadline.remaining_s())
        except grpc.aio.AioRpcError as error:
            raise call_failure("ann_shards", error) from error
        return shard_codec.columns_from_proto(answer)

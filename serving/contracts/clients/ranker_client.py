"""A remote ranker."""

import grpc

from protos import ranker_pb2_grpc
from serving.call_failures import call_failure
from serving.contracts import rank_codec
from serving.contracts.rank import RankReply, RankRequest
from serving.deadline import Deadline


class GrpcRankerClient:
    """Implements `RankerClient` over a channel, or the replicas of a `Neighbour`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ranker_pb2_grpc.RankerServiceStub(channel)

    async def rank(self, request: RankRequest, deadline: Deadline) -> RankReply:
        """See `RankerClient.rank`."""
        message = rank_codec.request_to_proto(request)
        try:
            answer = await self._stub.Rank(message, timeout=deadline.remaining_s())
        except grpc.aio.AioRpcError as error:
            raise call_failure("ranker", error) from error
        return rank_codec.reply_from_proto(answer)

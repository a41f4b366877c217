"""The ranker over gRPC: messages in, messages out."""

from typing import Any

import grpc

from protos import ranker_pb2 as pb
from protos import ranker_pb2_grpc
from serving.contracts import rank_codec
from serving.contracts.rank import RankerClient
from serving.deadline import Deadline

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["RankerService"].full_name
ANSWER_RESERVE_MS = 2.0


class RankerServicer(ranker_pb2_grpc.RankerServiceServicer):
    """Translates; errors are mapped to statuses by the server's interceptor."""

    def __init__(self, ranker: RankerClient, default_deadline_ms: float) -> None:
        self._ranker = ranker
        self._default_deadline_ms = default_deadline_ms

    async def Rank(  # noqa: N802 - the name of the method on the wire
        self, request: pb.RankRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.RankResponse:
        deadline = Deadline.of_call(
            context, reserve_ms=ANSWER_RESERVE_MS, default_ms=self._default_deadline_ms
        )
        reply = await self._ranker.rank(rank_codec.request_from_proto(request), deadline)
        return rank_codec.reply_to_proto(reply)

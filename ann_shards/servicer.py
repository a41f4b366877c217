"""The shards over gRPC: messages in, messages out."""

from typing import Any

import grpc

from ann_shards.shards import Shards
from protos import ann_shard_pb2 as pb
from protos import ann_shard_pb2_grpc
from serving.contracts import shard_codec
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from serving.packed_arrays import unpack_ids

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["AnnShardService"].full_name
MAX_SHARDS = 1_024
ANSWER_RESERVE_MS = 1.0


class AnnShardServicer(ann_shard_pb2_grpc.AnnShardServiceServicer):
    """Translates; errors are mapped to statuses by the server's interceptor."""

    def __init__(self, shards: Shards, default_deadline_ms: float) -> None:
        self._shards = shards
        self._default_deadline_ms = default_deadline_ms

    async def Search(  # noqa: N802 - the name of the method on the wire
        self, request: pb.SearchRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.SearchResponse:
        if len(request.shards) > MAX_SHARDS:
            problem = f"{len(request.shards)} given, limit {MAX_SHARDS}"
            raise InvalidRequestError("shards", problem)
        absent = set(request.shards) - set(self._shards.shard_numbers)
        if absent:
            raise InvalidRequestError("shards", f"{min(absent)} is not held here")
        answers = await self._shards.search(
            shard_codec.request_from_proto(request, self._shards.dim),
            self._deadline(context),
            only=list(request.shards) or None,
        )
        return shard_codec.answers_to_proto(self._shards.generation, answers)

    async def Lookup(  # noqa: N802 - the name of the method on the wire
        self, request: pb.LookupRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.LookupResponse:
        item_ids = unpack_ids(request.item_ids, "item_ids")
        columns = await self._shards.lookup(
            request.generation, item_ids, request.now_ms, self._deadline(context)
        )
        return shard_codec.columns_to_proto(self._shards.generation, columns)

    def _deadline(self, context: grpc.aio.ServicerContext[Any, Any]) -> Deadline:
        return Deadline.of_call(
            context, reserve_ms=ANSWER_RESERVE_MS, default_ms=self._default_deadline_ms
        )

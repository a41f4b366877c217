"""The social graph over gRPC: messages in, messages out."""

from typing import Any

import grpc

from protos import social_graph_pb2 as pb
from protos import social_graph_pb2_grpc
from serving.contracts import graph_codec
from serving.contracts.graph import GraphClient
from serving.deadline import Deadline
from serving.packed_arrays import unpack_ids

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["SocialGraphService"].full_name
ANSWER_RESERVE_MS = 1.0


class SocialGraphServicer(social_graph_pb2_grpc.SocialGraphServiceServicer):
    """Translates; errors are mapped to statuses by the server's interceptor."""

    def __init__(self, graph: GraphClient, default_deadline_ms: float) -> None:
        self._graph = graph
        self._default_deadline_ms = default_deadline_ms

    async def Neighbourhood(  # noqa: N802 - the name of the method on the wire
        self, request: pb.NeighbourhoodRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.NeighbourhoodResponse:
        answer = await self._graph.neighbourhood(
            request.generation,
            request.viewer_id,
            request.now_ms,
            graph_codec.limits_from_proto(request),
            self._deadline(context),
        )
        return graph_codec.neighbourhood_to_proto(answer)

    async def Relations(  # noqa: N802
        self, request: pb.RelationsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.RelationsResponse:
        answer = await self._graph.relations(
            request.generation,
            request.viewer_id,
            unpack_ids(request.author_ids, "author_ids"),
            self._deadline(context),
        )
        return graph_codec.relations_to_proto(answer)

    def _deadline(self, context: grpc.aio.ServicerContext[Any, Any]) -> Deadline:
        return Deadline.of_call(
            context, reserve_ms=ANSWER_RESERVE_MS, default_ms=self._default_deadline_ms
        )

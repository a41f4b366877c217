"""A remote social graph."""

import grpc

from protos import social_graph_pb2_grpc
from serving.call_failures import call_failure
from serving.contracts import graph_codec
from serving.contracts.graph import Ids, Neighbourhood, NeighbourhoodLimits, Relations
from serving.deadline import Deadline


class GrpcGraphClient:
    """Implements `GraphClient` over a channel, or the replicas of a `Neighbour`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = social_graph_pb2_grpc.SocialGraphServiceStub(channel)

    async def neighbourhood(
        self,
        generation: str,
        viewer_id: int,
        now_ms: int,
        limits: NeighbourhoodLimits,
        deadline: Deadline,
    ) -> Neighbourhood:
        """See `GraphClient.neighbourhood`."""
        message = graph_codec.neighbourhood_request_to_proto(generation, viewer_id, now_ms, limits)
        try:
            answer = await self._stub.Neighbourhood(message, timeout=deadline.remaining_s())
        except grpc.aio.AioRpcError as error:
            raise call_failure("social_graph", error) from error
        return graph_codec.neighbourhood_from_proto(answer)

    async def relations(
        self, generation: str, viewer_id: int, author_ids: Ids, deadline: Deadline
    ) -> Relations:
        """See `GraphClient.relations`."""
        message = graph_codec.relations_request_to_proto(generation, viewer_id, author_ids)
        try:
            answer = await self._stub.Relations(message, timeout=deadline.remaining_s())
        except grpc.aio.AioRpcError as error:
            raise call_failure("social_graph", error) from error
        return graph_codec.relations_from_proto(answer)

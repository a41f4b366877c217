"""A remote candidate_gen."""

import grpc

from protos import candidates_pb2_grpc
from serving.call_failures import call_failure
from serving.contracts import candidates_codec
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply
from serving.deadline import Deadline


class GrpcCandidateClient:
    """Implements `CandidateClient` over a channel, or the replicas of a `Neighbour`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = candidates_pb2_grpc.CandidateServiceStub(channel)

    async def generate(self, request: GenerateRequest, deadline: Deadline) -> RankReply:
        """See `CandidateClient.generate`."""
        message = candidates_codec.request_to_proto(request)
        try:
            answer = await self._stub.Generate(message, timeout=deadline.remaining_s())
        except grpc.aio.AioRpcError as error:
            raise call_failure("candidate_gen", error) from error
        return candidates_codec.reply_from_proto(answer)

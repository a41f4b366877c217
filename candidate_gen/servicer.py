"""candidate_gen over gRPC: messages in, messages out."""

from typing import Any

import grpc

from protos import candidates_pb2 as pb
from protos import candidates_pb2_grpc
from serving.contracts import candidates_codec
from serving.contracts.candidates import CandidateClient
from serving.deadline import Deadline

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["CandidateService"].full_name
ANSWER_RESERVE_MS = 2.0


class CandidateServicer(candidates_pb2_grpc.CandidateServiceServicer):
    """Translates; errors are mapped to statuses by the server's interceptor."""

    def __init__(self, candidates: CandidateClient, default_deadline_ms: float) -> None:
        self._candidates = candidates
        self._default_deadline_ms = default_deadline_ms

    async def Generate(  # noqa: N802 - the name of the method on the wire
        self, request: pb.GenerateRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GenerateResponse:
        deadline = Deadline.of_call(
            context, reserve_ms=ANSWER_RESERVE_MS, default_ms=self._default_deadline_ms
        )
        reply = await self._candidates.generate(
            candidates_codec.request_from_proto(request), deadline
        )
        return candidates_codec.reply_to_proto(reply)

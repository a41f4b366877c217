"""What a handler is told of a call that came over a line: gRPC's context, as far as we use it."""

import time
from collections.abc import Sequence
from typing import Any, NoReturn

import grpc

from protos import line_pb2 as pb
from serving.lines.trailers import Trailing, trailers_of

Metadata = Sequence[tuple[str, str | bytes]]


class Refusal(Exception):  # noqa: N818 - the answer, and no error of this process
    """How a call ends that `abort` has ended."""

    def __init__(self, status: int, details: str, trailing: Trailing) -> None:
        super().__init__(details)
        self._status = status
        self._details = details
        self._trailing = trailing

    def answer(self, number: int) -> pb.LineAnswer:
        """What the caller is told."""
        return pb.LineAnswer(
            id=number,
            status=self._status,
            details=self._details,
            trailers=trailers_of(self._trailing),
        )


class CarriedCall:
    """Stands where gRPC hands a `ServicerContext` to a handler.

    Who calls is who opened the line; the deadline and metadata are the call's own.
    """

    __slots__ = ("_end_s", "_metadata", "_opening")

    def __init__(
        self, call: pb.LineCall, end_s: float, opening: Any, opened_with: Metadata
    ) -> None:
        """`end_s`: on the monotonic clock; `opening`: the context of the line; `opened_with`: the
        metadata in it."""
        self._opening = opening
        self._end_s = end_s
        self._metadata = (*call.metadata.items(), *opened_with)

    def invocation_metadata(self) -> Metadata:
        return self._metadata

    def time_remaining(self) -> float:
        return max(0.0, self._end_s - time.monotonic())

    def peer(self) -> str:
        return str(self._opening.peer())

    def peer_identities(self) -> Any:
        return self._opening.peer_identities()

    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: Trailing = ()
    ) -> NoReturn:
        raise Refusal(code.value[0], details, trailing_metadata)

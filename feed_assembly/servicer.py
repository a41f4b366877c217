"""The public service over gRPC: messages in, messages out."""

from collections.abc import Iterable
from typing import Any

import grpc

from feed_assembly import action_codec, feed_codec, item_codec
from feed_assembly.service import FeedAssembly
from protos import feed_pb2 as pb
from protos import feed_pb2_grpc
from serving.access.caller import is_operator
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.errors import InvalidRequestError
from serving.written_answer import as_message

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["FeedService"].full_name
AS_OF_HEADER = "x-feedrank-as-of-ms"
RUNG_HEADER = "x-feedrank-rung"
ANSWER_RESERVE_MS = 2.0
MAX_TIME_DIGITS = 19

Context = grpc.aio.ServicerContext[Any, Any]


class FeedServicer(feed_pb2_grpc.FeedServiceServicer):
    """Translates; errors are mapped to statuses by the server's interceptor."""

    def __init__(
        self,
        feed_assembly: FeedAssembly,
        default_deadline_ms: float,
        *,
        allow_as_of: bool = False,
        allow_rung: bool = False,
    ) -> None:
        """Operators always may do what these allow to all callers.

        Args:
            allow_as_of: Set the time of a request, for tests and replays.
            allow_rung: Ask for a rung of the ladder.
        """
        self._feed_assembly = feed_assembly
        self._default_deadline_ms = default_deadline_ms
        self._allow_as_of = allow_as_of
        self._allow_rung = allow_rung

    async def GetFeed(  # noqa: N802 - the name of the method on the wire
        self, request: pb.GetFeedRequest, context: Context
    ) -> pb.GetFeedResponse:
        as_of_ms, rung = self._special_wishes(context.invocation_metadata())
        answer = await self._feed_assembly.get_feed(
            feed_codec.request_from_proto(request, as_of_ms, rung), self._deadline(context)
        )
        written: pb.GetFeedResponse = as_message(feed_codec.answer_to_bytes(answer))
        return written

    async def LogActions(  # noqa: N802
        self, request: pb.LogActionsRequest, context: Context
    ) -> pb.LogActionsResponse:
        result = await self._feed_assembly.log_actions(
            action_codec.sent_actions(request), self._deadline(context)
        )
        return action_codec.actions_response(result)

    async def PublishItems(  # noqa: N802
        self, request: pb.PublishItemsRequest, context: Context
    ) -> pb.PublishItemsResponse:
        result = await self._feed_assembly.publish_items(
            item_codec.item_changes(request), self._deadline(context)
        )
        return item_codec.items_response(result)

    def _deadline(self, context: Context) -> Deadline:
        return Deadline.of_call(
            context, reserve_ms=ANSWER_RESERVE_MS, default_ms=self._default_deadline_ms
        )

    def _special_wishes(
        self, metadata: Iterable[tuple[str, Any]] | None
    ) -> tuple[int | None, Rung]:
        as_of_ms, rung = None, Rung.FULL
        for key, value in metadata or ():
            if key == AS_OF_HEADER:
                _check_allowed(key, self._allow_as_of)
                as_of_ms = _milliseconds(key, str(value))
            elif key == RUNG_HEADER:
                _check_allowed(key, self._allow_rung)
                rung = _rung(key, str(value))
        return as_of_ms, rung


def _check_allowed(header: str, to_all: bool) -> None:
    if not (to_all or is_operator()):
        raise InvalidRequestError(header, "is not allowed by this server")


def _milliseconds(header: str, value: str) -> int:
    if not value.isdecimal() or len(value) > MAX_TIME_DIGITS:
        raise InvalidRequestError(header, "is no number of milliseconds")
    return int(value)


def _rung(header: str, value: str) -> Rung:
    try:
        return Rung.of_word(value)
    except ValueError as error:
        raise InvalidRequestError(header, str(error)) from None

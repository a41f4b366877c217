"""A client of a running feedrank, for commands and examples: three calls, each with a deadline."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import grpc

from feedrank.client_access import ClientAccess
from protos import events_pb2, feed_pb2, feed_pb2_grpc
from serving.channels import open_channel

SERVICE = "feedrank.v1.FeedService"
DEFAULT_ADDRESS = "127.0.0.1:50051"
DEFAULT_TIMEOUT_S = 5.0
"""Patient, for people: a service that calls `GetFeed` gives what it can wait, say 0.15 s."""

Response = TypeVar("Response")


class CallError(Exception):
    """A call failed; the message is one line for people and says what to do."""


class FeedClient:
    """Calls `FeedService`. Made by `open_feed_client`; belongs to its event loop."""

    def __init__(
        self, address: str, channel: grpc.aio.Channel, metadata: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._address = address
        self._metadata = tuple(metadata)
        self._stub = feed_pb2_grpc.FeedServiceStub(channel)

    async def get_feed(
        self, request: feed_pb2.GetFeedRequest, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> feed_pb2.GetFeedResponse:
        """One page.

        Raises:
            CallError: refused, not answered in time, or nobody there.
        """
        return await self._answer(
            self._stub.GetFeed(request, timeout=timeout_s, metadata=self._metadata)
        )

    async def log_actions(
        self, actions: Sequence[feed_pb2.Action], timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> feed_pb2.LogActionsResponse:
        """Log what viewers did, at most 1,000 actions; each is refused on its own in the answer.

        Raises:
            CallError: as `get_feed`.
        """
        request = feed_pb2.LogActionsRequest(actions=actions)
        return await self._answer(
            self._stub.LogActions(request, timeout=timeout_s, metadata=self._metadata)
        )

    async def publish_items(
        self, items: Sequence[events_pb2.ItemEvent], timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> feed_pb2.PublishItemsResponse:
        """Publish or delete at most 500 items; each is refused on its own in the answer.

        Raises:
            CallError: as `get_feed`.
        """
        request = feed_pb2.PublishItemsRequest(items=items)
        return await self._answer(
            self._stub.PublishItems(request, timeout=timeout_s, metadata=self._metadata)
        )

    async def _answer(self, call: Awaitable[Response]) -> Response:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise CallError(self._problem(error)) from error

    def _problem(self, error: grpc.aio.AioRpcError) -> str:
        details = error.details() or "no details"
        if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
            return details
        problem = f"{self._address}: {error.code().name}: {details.rpartition('last error: ')[2]}"
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            problem += " (is it running? `feedrank serve` starts it, `feedrank doctor` looks)"
        return problem


@asynccontextmanager
async def open_feed_client(
    address: str = DEFAULT_ADDRESS, access: ClientAccess | None = None
) -> AsyncIterator[FeedClient]:
    """A client of the server at `host:port`; connects at the first call.

    Args:
        access: TLS and who calls; plain text without.
    """
    access = access or ClientAccess()
    async with open_channel(address, SERVICE, credentials=access.credentials()) as channel:
        yield FeedClient(address, channel, access.metadata())

"""A server of `FeedService` that answers what a test says, on loopback."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc

from protos import feed_pb2, feed_pb2_grpc


class FakeFeedService(feed_pb2_grpc.FeedServiceServicer):
    """Keeps what it is asked.

    Attributes:
        page: Answer to `GetFeed`.
        refused: Answer to `LogActions`, as an error of its first action.
    """

    def __init__(self) -> None:
        self.page = feed_pb2.GetFeedResponse()
        self.refused: feed_pb2.ItemError | None = None
        self.asked: list[feed_pb2.GetFeedRequest] = []
        self.logged: list[feed_pb2.Action] = []

    def GetFeed(self, request, context):  # noqa: N802 - the protocol names the methods
        self.asked.append(request)
        if request.page_token == "foreign":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "page_token: not one of ours")
        return self.page

    def LogActions(self, request, context):  # noqa: N802, ARG002
        self.logged += request.actions
        errors = [self.refused] if self.refused else []
        return feed_pb2.LogActionsResponse(
            accepted_count=len(request.actions) - len(errors), errors=errors
        )


@contextmanager
def fake_server(service: FakeFeedService) -> Iterator[str]:
    """The address of a server that runs while the body does."""
    server = grpc.server(ThreadPoolExecutor(2))
    feed_pb2_grpc.add_FeedServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()

"""A caller of `GetFeed` as a product's backend is one, with a few words for tests."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc

from protos import events_pb2, feed_pb2, feed_pb2_grpc

TIMEOUT_S = 10.0
"""Generous: what is tested here is what comes, and machines that run tests are busy."""
PATIENCE_S = 20.0
POLL_S = 0.05

Answer = TypeVar("Answer")


class Caller:
    """Calls one server over real gRPC. Made by `open_caller`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub = feed_pb2_grpc.FeedServiceStub(channel)

    def feed(
        self, viewer_id: int, page_size: int = 50, *, as_of_ms: int | None = None, **fields: Any
    ) -> feed_pb2.GetFeedResponse:
        """One page. `fields` are those of `GetFeedRequest`."""
        request = feed_pb2.GetFeedRequest(viewer_id=viewer_id, page_size=page_size, **fields)
        metadata = () if as_of_ms is None else (("x-feedrank-as-of-ms", str(as_of_ms)),)
        return self.stub.GetFeed(request, timeout=TIMEOUT_S, metadata=metadata)

    def act(self, viewer_id: int, kind: events_pb2.ActionKind, **target: Any) -> str:
        """Log one action, which must be accepted; returns its id."""
        fields = {"action_id": uuid.uuid4().hex, **target}
        action = feed_pb2.Action(viewer_id=viewer_id, kind=kind, **fields)
        self.log([action])
        return action.action_id

    def log(self, actions: list[feed_pb2.Action]) -> None:
        """Log actions; what is not available now is sent again, as every client must."""
        left = list(actions)
        give_up = time.monotonic() + PATIENCE_S
        while left:
            request = feed_pb2.LogActionsRequest(actions=left)
            answer = self.stub.LogActions(request, timeout=TIMEOUT_S)
            assert answer.accepted_count + len(answer.errors) == len(left)
            for error in answer.errors:
                assert error.status == "UNAVAILABLE", error
                assert time.monotonic() < give_up, error
            left = [left[error.index] for error in answer.errors]

    def publish(self, **fields: Any) -> None:
        """Publish one item, which must be accepted."""
        change = {"event_id": uuid.uuid4().hex, "change": events_pb2.ItemEvent.PUBLISH, **fields}
        request = feed_pb2.PublishItemsRequest(items=[events_pb2.ItemEvent(**change)])
        answer = self.stub.PublishItems(request, timeout=TIMEOUT_S)
        assert not answer.errors, answer.errors

    def delete(self, item_id: int) -> None:
        """Delete one item."""
        self.publish(item_id=item_id, change=events_pb2.ItemEvent.DELETE)

    def scroll(self, viewer_id: int, page_size: int, pages: int) -> Iterator[Any]:
        """Up to so many pages, each by the token of the one before; ends where no token is left."""
        token = ""
        for _ in range(pages):
            page = self.feed(viewer_id, page_size, page_token=token)
            yield page
            token = page.next_page_token
            if not token:
                return


@contextmanager
def open_caller(address: str) -> Iterator[Caller]:
    """A caller of the server at `host:port`."""
    with grpc.insecure_channel(address) as channel:
        yield Caller(channel)


def item_ids(page: feed_pb2.GetFeedResponse) -> list[int]:
    """The page's items, in order."""
    return [item.item_id for item in page.items]


def until(
    make: Callable[[], Answer], is_right: Callable[[Answer], bool], patience_s: float = PATIENCE_S
) -> Answer:
    """The first answer that is right; the last one where none was in time, for `assert` to tell."""
    give_up = time.monotonic() + patience_s
    while True:
        answer = make()
        if is_right(answer) or time.monotonic() > give_up:
            return answer
        time.sleep(POLL_S)

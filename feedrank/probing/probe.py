"""Posts, likes, blocks and deletes at a running server, and measures when each shows.

Everything goes through the public API, as a product's backend would call it. Every look asks for a
new feed (each names a device of its own), or for a page that was shown before (by its request id),
from which what was revoked must be gone.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from feedrank.client import FeedClient
from feedrank.probing.synthetic import SyntheticIds, new_ids
from protos import events_pb2, feed_pb2

PATIENCE_S = 20.0
POLL_S = 0.02
PAGE_SIZE = 50
GONE_IN_A_ROW = 4
"""Looks without the item until it counts as gone: calls go to one replica after another."""

Look = Callable[[], Awaitable[bool]]


class ProbeError(Exception):
    """Something did not show in time, or was refused; the message says what."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Milliseconds from the acknowledgement until the effect is seen.

    Attributes:
        post_ms: A new item is served to a follower.
        like_ms: The next feed is ranked anew.
        block_ms: The blocked author's item is gone from a page shown before.
        delete_ms: The deleted item is gone from a page shown before, and from new feeds.
    """

    post_ms: float
    like_ms: float
    block_ms: float
    delete_ms: float


async def probe(client: FeedClient, patience_s: float = PATIENCE_S) -> Freshness:
    """Measure once; takes a few seconds. Leaves two deleted items and nothing that others see.

    Raises:
        ProbeError: an effect did not show within `patience_s`, or an action was refused.
        CallError: the server did not answer.
    """
    run = _Run(client, new_ids(), patience_s)
    try:
        return await run.measure()
    finally:
        await run.clear_up()


class _Run:
    def __init__(self, client: FeedClient, ids: SyntheticIds, patience_s: float) -> None:
        self._client = client
        self._ids = ids
        self._patience_s = patience_s
        self._looks = 0
        self._page_of: dict[int, str] = {}

    async def measure(self) -> Freshness:
        ids = self._ids
        for viewer in (ids.viewer, ids.onlooker):
            await self._act(viewer, events_pb2.FOLLOW, author_id=ids.author)
        for item in (ids.blocked_item, ids.deleted_item):
            await self._publish(item, events_pb2.ItemEvent.PUBLISH)
        posted = await self._until("the new items are not served", self._shows_both)
        await self._act(ids.viewer, events_pb2.LIKE, item_id=ids.blocked_item)
        liked = await self._until("no new ranking follows a like", self._ranks_anew)
        await self._publish(ids.deleted_item, events_pb2.ItemEvent.DELETE)
        deleted = await self._until("a deleted item is shown", self._lacks(ids.deleted_item))
        if ids.deleted_item in await self._items(ids.onlooker):
            raise ProbeError("a deleted item is in a new feed")
        await self._act(ids.viewer, events_pb2.BLOCK, author_id=ids.author)
        blocked = await self._until("a blocked author is shown", self._lacks(ids.blocked_item))
        return Freshness(posted, liked, blocked, deleted)

    async def clear_up(self) -> None:
        for item in (self._ids.blocked_item, self._ids.deleted_item):
            await self._publish(item, events_pb2.ItemEvent.DELETE)

    async def _until(self, problem: str, look: Look) -> float:
        """Milliseconds until `look` is true, from now."""
        began_s = time.monotonic()
        while not await look():
            if time.monotonic() - began_s > self._patience_s:
                raise ProbeError(f"{problem} after {self._patience_s:.0f} s")
            await asyncio.sleep(POLL_S)
        return (time.monotonic() - began_s) * 1_000

    async def _shows_both(self) -> bool:
        """What was served stays out of later feeds: each item has its own page."""
        items = await self._items(self._ids.viewer)
        for item in {self._ids.blocked_item, self._ids.deleted_item} & items:
            self._page_of[item] = f"probe-{self._looks}"
        return len(self._page_of) == 2

    async def _ranks_anew(self) -> bool:
        page = await self._page(self._ids.viewer, f"probe-{self._looks}", uuid.uuid4().hex)
        return page.receipt.origin in ("ranked", "floor")

    def _lacks(self, item: int) -> Look:
        """Whether the page that showed `item` is without it, several times in a row."""
        request_id = self._page_of[item]

        async def look() -> bool:
            for _ in range(GONE_IN_A_ROW):
                page = await self._page(self._ids.viewer, request_id, request_id)
                if item in {each.item_id for each in page.items}:
                    return False
            return True

        return look

    async def _items(self, viewer: int) -> set[int]:
        """Of a new feed."""
        self._looks += 1
        name = f"probe-{self._looks}"
        page = await self._page(viewer, name, name)
        return {item.item_id for item in page.items}

    async def _page(self, viewer: int, device: str, request_id: str) -> feed_pb2.GetFeedResponse:
        request = feed_pb2.GetFeedRequest(
            viewer_id=viewer,
            page_size=PAGE_SIZE,
            context=feed_pb2.Context(device=device),
            request_id=request_id,
        )
        return await self._client.get_feed(request)

    async def _act(
        self, viewer: int, kind: "events_pb2.ActionKind.ValueType", **target: int
    ) -> None:
        action = feed_pb2.Action(
            action_id=uuid.uuid4().hex,
            viewer_id=viewer,
            kind=kind,
            **target,  # type: ignore[arg-type]
        )
        answer = await self._client.log_actions([action])
        if answer.errors:
            raise ProbeError(f"{events_pb2.ActionKind.Name(kind)}: {answer.errors[0].message}")

    async def _publish(self, item: int, change: "events_pb2.ItemEvent.Change.ValueType") -> None:
        event = events_pb2.ItemEvent(
            schema_version=1,
            event_id=uuid.uuid4().hex,
            change=change,
            item_id=item,
            author_id=self._ids.author,
            visibility="followers",
            title="probe",
        )
        answer = await self._client.publish_items([event])
        if answer.errors:
            raise ProbeError(f"publish: {answer.errors[0].message}")

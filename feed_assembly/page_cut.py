"""Cuts the next page and notes it in the session record: pure functions over one viewer's record.

They run inside the compare-and-set of the record, so that two calls at once never serve the same
place of a feed, and no page leaves with what the record has revoked.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import structlog

from feed_assembly.content.content import Content
from feed_assembly.feed_page import FeedPage
from feed_assembly.session.session import MAX_STORED_FEEDS, SessionRecord
from feed_assembly.showable import showable
from feed_assembly.stored_feed import Cursor, StoredFeed
from feed_assembly.stored_feed_codec import pack_feed, packed_feed_id, unpack_feed
from serving.contracts.receipt import Receipt
from serving.errors import StateUnavailableError

Ids = npt.NDArray[np.int64]

log = structlog.get_logger()


class Cut(NamedTuple):
    """One page out of a feed, not yet noted anywhere.

    Attributes:
        rows: `intp[n]`, rows of the feed.
        next: Where the page after this one begins.
    """

    feed: StoredFeed
    rows: npt.NDArray[np.intp]
    first_position: int
    next: Cursor


def stored_feeds(record: SessionRecord) -> Iterator[StoredFeed]:
    """The viewer's feeds, last used first, without those that cannot be read."""
    for raw in record.stored_feeds:
        feed = _readable(raw)
        if feed is not None:
            yield feed


def cut_page(
    record: SessionRecord,
    feed: StoredFeed,
    cursor: Cursor,
    count: int,
    content: Content,
    served: AbstractSet[int],
) -> Cut:
    """The next items of `feed` from `cursor` on that may still be shown; possibly none.

    What another feed has `served` of late is left out, except in places that this one has served
    already and is asked for again. Of a feed of another generation only what `content` knows is
    left: what was deleted before this generation was built is told nowhere else.
    """
    may_be_shown = showable(feed.item_ids, feed.author_ids, record, content, feed.created_ms)
    if feed.generation != content.generation:
        may_be_shown &= content.known(feed.item_ids)
    usable = may_be_shown.tolist()
    if served:
        items = feed.item_ids.tolist()
        for row in feed.unserved_rows():
            usable[row] = usable[row] and items[row] not in served
    found = feed.slice(cursor, usable, count)
    return Cut(feed, found.rows, cursor.position, found.next)


def page_of(
    cut: Cut, receipt: Receipt, token: str, features: npt.NDArray[np.float32] | None
) -> FeedPage:
    """The page.

    Args:
        token: Of the page after it.
        features: `float32[list_size, FEATURE_COUNT]` of the feed's list, or `None`.
    """
    feed, rows = cut.feed, cut.rows
    first = cut.first_position
    has_features = features is not None and bool((rows < feed.list_size).all())
    return FeedPage(
        feed_id=feed.feed_id,
        item_ids=feed.item_ids[rows],
        author_ids=feed.author_ids[rows],
        positions=np.arange(first, first + len(rows), dtype=np.int32),
        scores=feed.scores[rows],
        source_bits=feed.source_bits[rows],
        receipt=receipt,
        next_page_token=token,
        features=features[rows] if features is not None and has_features else None,
    )


def noted(
    record: SessionRecord,
    item_ids: Ids,
    now_ms: int,
    served: AbstractSet[int],
    cut: Cut | None = None,
) -> SessionRecord:
    """The record with `item_ids` served; those `served` of late are not noted twice.

    Args:
        cut: Where they come from, if that feed is to be stored.
    """
    new = [item_id for item_id in item_ids.tolist() if item_id not in served]
    feeds = record.stored_feeds if cut is None else _feeds_with(record, cut.feed, cut.next)
    if not new and feeds is record.stored_feeds:
        return record
    return record.with_page(new, now_ms, feeds)


def with_feed(record: SessionRecord, feed: StoredFeed) -> SessionRecord:
    """The record with `feed` as the last used one; the feed used longest ago may go.

    One that is there already stays as it is: places of it were served.
    """
    if any(packed_feed_id(raw) == feed.feed_id for raw in record.stored_feeds):
        return record
    return record.with_stored_feeds(_feeds_with(record, feed, feed.cursor))


def _feeds_with(record: SessionRecord, feed: StoredFeed, cursor: Cursor) -> tuple[bytes, ...]:
    others = [raw for raw in record.stored_feeds if packed_feed_id(raw) not in ("", feed.feed_id)]
    return (pack_feed(feed, cursor), *others)[:MAX_STORED_FEEDS]


def find_feed(record: SessionRecord, feed_id: str) -> StoredFeed | None:
    """The viewer's feed of this id, if it can be read."""
    for raw in record.stored_feeds:
        if packed_feed_id(raw) == feed_id:
            return _readable(raw)
    return None


def _readable(raw: bytes) -> StoredFeed | None:
    """A damaged feed is lost, and not the viewer's session with it."""
    try:
        return unpack_feed(raw)
    except StateUnavailableError as error:
        log.error("stored feed dropped", cause=str(error))
        return None

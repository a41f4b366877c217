"""Cuts the next page and notes it in the session record: pure functions over one viewer's record.

They run inside the compare-and-set of the record, so that two calls at once never serve the same
place of a feed, and no page leaves with what the record has revoked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import structlog

from feed_assembly.content.content import Content
from feed_assembly.feed_page import FeedPage
from feed_assembly.session.session import MAX_STORED_FEEDS, SessionRecord
from feed_assembly.showable import showable
from feed_assembly.stored_feed import Cursor, StoredFeed
from serving.contracts.receipt import Receipt
from serving.errors import StateUnavailableError

Ids = npt.NDArray[np.int64]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cut:
    """One page out of a feed, not yet noted anywhere.

    Attributes:
        feed: The feed, its cursor behind the page.
        rows: `intp[n]`, rows of the feed.
        next: Where the page after this one begins.
    """

    feed: StoredFeed
    rows: npt.NDArray[np.intp]
    first_position: int
    next: Cursor


def stored_feeds(record: SessionRecord) -> list[StoredFeed]:
    """The viewer's feeds, last used first, without those that cannot be read."""
    feeds = map(_readable, record.stored_feeds)
    return [feed for feed in feeds if feed is not None]


def cut_page(
    record: SessionRecord,
    feed: StoredFeed,
    cursor: Cursor,
    count: int,
    content: Content,
    served_since_ms: int,
) -> Cut:
    """The next items of `feed` from `cursor` on that may still be shown; possibly none.

    What another feed served since `served_since_ms` is left out, except where a place that was
    served already is asked for again.
    """
    usable = showable(feed.item_ids, feed.author_ids, record, content, feed.created_ms)
    if cursor >= feed.cursor:
        served = record.served.item_ids_since(served_since_ms)
        usable &= ~np.isin(feed.item_ids, served)
    found = feed.slice(cursor, usable, count)
    return Cut(feed.advanced(found.next), found.rows, cursor.position, found.next)


def page_of(cut: Cut, receipt: Receipt, features: npt.NDArray[np.float32] | None) -> FeedPage:
    """The page without its token.

    Args:
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
        features=features[rows] if features is not None and has_features else None,
    )


def noted(record: SessionRecord, item_ids: Ids, now_ms: int, served_since_ms: int) -> SessionRecord:
    """The record with `item_ids` served; those served of late are not noted twice."""
    known = record.served.item_ids_since(served_since_ms)
    new = item_ids[~np.isin(item_ids, known)]
    return record.with_served(new, now_ms) if len(new) else record


def with_feed(record: SessionRecord, feed: StoredFeed) -> SessionRecord:
    """The record with `feed` as the last used one; the feed used longest ago may go."""
    others = [raw for raw in record.stored_feeds if _feed_id(raw) not in ("", feed.feed_id)]
    return record.with_stored_feeds([feed.pack(), *others][:MAX_STORED_FEEDS])


def find_feed(feeds: Sequence[StoredFeed], feed_id: str) -> StoredFeed | None:
    return next((feed for feed in feeds if feed.feed_id == feed_id), None)


def _feed_id(raw: bytes) -> str:
    feed = _readable(raw)
    return feed.feed_id if feed is not None else ""


def _readable(raw: bytes) -> StoredFeed | None:
    """A damaged feed is lost, and not the viewer's session with it."""
    try:
        return StoredFeed.unpack(raw)
    except StateUnavailableError as error:
        log.error("stored feed dropped", cause=str(error))
        return None


def own_receipt(receipt: Receipt) -> Receipt:
    """A copy whose lists can be added to."""
    return replace(
        receipt,
        stages=list(receipt.stages),
        degraded_reasons=list(receipt.degraded_reasons),
        defaulted_columns=list(receipt.defaulted_columns),
        models=dict(receipt.models),
    )

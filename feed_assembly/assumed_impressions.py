"""Served items as impressions, for products whose clients cannot report what was seen.

They go the way of reported ones, over topic `actions`: so whatever reads impressions (what was
seen, counters, labels, the export) knows no difference. On by the setting `assume_seen`.
"""

from feed_assembly.action import LoggedAction
from feed_assembly.action_codec import pack_action
from feed_assembly.feed_page import FeedPage
from feed_assembly.feed_request import FeedRequest
from feed_assembly.item_facts import ItemFacts
from feed_assembly.served_records import ServedRecords
from serving.bus.bus import Bus
from serving.bus.topics import ACTIONS


class AssumedImpressions:
    """Implements `ServedRecords`; what the bus has no room for it drops and counts."""

    def __init__(self, records: ServedRecords, bus: Bus, item_facts: ItemFacts) -> None:
        """`records`: where the record of the page itself goes."""
        self._records = records
        self._bus = bus
        self._item_facts = item_facts

    def add(self, viewer_id: int, request: FeedRequest, page: FeedPage, now_ms: int) -> None:
        self._records.add(viewer_id, request, page, now_ms)
        author_ids, categories = self._item_facts.facts(page.item_ids)
        rows = zip(
            page.item_ids.tolist(),
            page.positions.tolist(),
            author_ids.tolist(),
            categories,
            strict=True,
        )
        for item_id, position, author_id, names in rows:
            impression = LoggedAction(
                # The same place of a feed, asked for again, is one impression.
                action_id=f"served/{page.feed_id}/{item_id}",
                viewer_id=viewer_id,
                kind="impression",
                target="item",
                target_id=item_id,
                occurred_ms=now_ms,
                value=0.0,
                surface=request.surface,
                feed_id=page.feed_id,
                position=position,
                device=request.device,
                item_author_id=author_id,
                item_categories=names,
            )
            self._bus.send(ACTIONS, pack_action(impression), key=viewer_id)

"""Items published, changed and deleted since the generation was built, within bounds.

Deletions win over everything. They and the ids of what not everybody may see are kept apart, as
they are small and must not be forgotten: what is shown instead would be the generation's item.
"""

from dataclasses import replace

import structlog

from feed_assembly.item_change import ItemChange

MAX_KEPT_TEXT_BYTES = 64 * 1024 * 1024
"""Of texts, titles and addresses together, in UTF-8; beyond, the items changed longest ago lose
theirs and nothing else."""

MAX_ITEMS = 200_000
"""With or without their texts; beyond, those changed longest ago are again what they were. Without
texts some 600 bytes each."""

MAX_DELETED = 1_000_000
MAX_RESTRICTED = MAX_DELETED
"""Ids of some 90 bytes each."""

log = structlog.get_logger()


class ContentOverlay:
    """What topic `items` told. Belongs to one event loop."""

    def __init__(
        self, max_items: int = MAX_ITEMS, max_text_bytes: int = MAX_KEPT_TEXT_BYTES
    ) -> None:
        self._max_items = max_items
        self._max_text_bytes = max_text_bytes
        self._text_bytes = 0
        self._text_bytes_of: dict[int, int] = {}
        """Of the items that have texts."""
        self._items: dict[int, ItemChange] = {}
        self._restricted: dict[int, None] = {}
        self._deleted: dict[int, None] = {}
        self._told_of_overflow = False

    def apply(self, change: ItemChange) -> None:
        """Take one event, in the order of the log; again does no harm."""
        item_id = change.item_id
        if item_id is None:
            return
        self._forget(item_id)
        if change.change == "delete":
            self._restricted.pop(item_id, None)
            self._deleted.pop(item_id, None)
            self._deleted[item_id] = None
        elif item_id not in self._deleted:
            self._keep(item_id, change)
        self._keep_within_bounds()

    def item(self, item_id: int) -> ItemChange | None:
        """What is kept of its last change; the texts may be gone."""
        return self._items.get(item_id)

    @property
    def has_deleted(self) -> bool:
        """Whether anything is."""
        return bool(self._deleted)

    def is_deleted(self, item_id: int) -> bool:
        return item_id in self._deleted

    def is_restricted(self, item_id: int) -> bool:
        """Whether it was changed to something that not everybody may see."""
        return item_id in self._restricted

    def latest_deleted(self, limit: int) -> list[int]:
        """At most `limit` ids, those deleted last."""
        newest_first = reversed(self._deleted)
        return [item_id for item_id, _ in zip(newest_first, range(limit), strict=False)]

    def __len__(self) -> int:
        return len(self._items)

    def _keep(self, item_id: int, change: ItemChange) -> None:
        self._items[item_id] = change
        text_bytes = sum(
            len(text.encode()) for text in (change.title, change.text, change.media_url)
        )
        if text_bytes:
            self._text_bytes_of[item_id] = text_bytes
            self._text_bytes += text_bytes
        self._restricted.pop(item_id, None)
        if change.is_sensitive or change.visibility not in ("", "public"):
            self._restricted[item_id] = None

    def _forget(self, item_id: int) -> None:
        """All but whether it is deleted or restricted."""
        self._items.pop(item_id, None)
        self._text_bytes -= self._text_bytes_of.pop(item_id, 0)

    def _keep_within_bounds(self) -> None:
        while self._text_bytes > self._max_text_bytes:
            oldest = next(iter(self._text_bytes_of))
            self._text_bytes -= self._text_bytes_of.pop(oldest)
            self._items[oldest] = _without_texts(self._items[oldest])
            self._tell_of_overflow()
        while len(self._items) > self._max_items:
            self._forget(next(iter(self._items)))
            self._tell_of_overflow()
        for ids, bound in ((self._deleted, MAX_DELETED), (self._restricted, MAX_RESTRICTED)):
            while len(ids) > bound:
                del ids[next(iter(ids))]
                self._tell_of_overflow()

    def _tell_of_overflow(self) -> None:
        if not self._told_of_overflow:
            self._told_of_overflow = True
            log.warning("content since the generation outgrew its bound: build a generation")


def _without_texts(change: ItemChange) -> ItemChange:
    return replace(change, event_id="", region="", language="", title="", text="", media_url="")

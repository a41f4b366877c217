"""Items published, changed and deleted since the generation was built, within a bound.

Deletions win over everything and are kept apart, as they are small and must not be forgotten.
"""

import structlog

from feed_assembly.item_change import ItemChange

MAX_TEXT_BYTES = 64 * 1024 * 1024
"""Of texts, titles and addresses together; beyond, the items changed longest ago lose theirs."""

MAX_ITEMS = 200_000
MAX_DELETED = 1_000_000

log = structlog.get_logger()


class ContentOverlay:
    """What topic `items` told. Belongs to one event loop."""

    def __init__(self, max_items: int = MAX_ITEMS, max_text_bytes: int = MAX_TEXT_BYTES) -> None:
        self._max_items = max_items
        self._max_text_bytes = max_text_bytes
        self._text_bytes = 0
        self._items: dict[int, ItemChange] = {}
        self._deleted: dict[int, None] = {}
        self._told_of_overflow = False

    def apply(self, change: ItemChange) -> None:
        """Take one event, in the order of the log; again does no harm."""
        if change.item_id is None:
            return
        self._forget(change.item_id)
        if change.change == "delete":
            self._deleted.pop(change.item_id, None)
            self._deleted[change.item_id] = None
        elif change.item_id not in self._deleted:
            self._items[change.item_id] = change
            self._text_bytes += _text_size(change)
        self._keep_within_bounds()

    def item(self, item_id: int) -> ItemChange | None:
        return self._items.get(item_id)

    @property
    def has_deleted(self) -> bool:
        """Whether anything is."""
        return bool(self._deleted)

    def is_deleted(self, item_id: int) -> bool:
        return item_id in self._deleted

    def latest_deleted(self, limit: int) -> list[int]:
        """At most `limit` ids, those deleted last."""
        newest_first = reversed(self._deleted)
        return [item_id for item_id, _ in zip(newest_first, range(limit), strict=False)]

    def __len__(self) -> int:
        return len(self._items)

    def _forget(self, item_id: int) -> None:
        old = self._items.pop(item_id, None)
        if old is not None:
            self._text_bytes -= _text_size(old)

    def _keep_within_bounds(self) -> None:
        while len(self._items) > self._max_items or self._text_bytes > self._max_text_bytes:
            self._forget(next(iter(self._items)))
            self._tell_of_overflow()
        while len(self._deleted) > MAX_DELETED:
            del self._deleted[next(iter(self._deleted))]
            self._tell_of_overflow()

    def _tell_of_overflow(self) -> None:
        if not self._told_of_overflow:
            self._told_of_overflow = True
            log.warning("content since the generation outgrew its bound: build a generation")


def _text_size(change: ItemChange) -> int:
    return len(change.title) + len(change.text) + len(change.media_url)

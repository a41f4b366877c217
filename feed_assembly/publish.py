"""Takes new, changed and deleted items; every reader of topic `items`, this process too, hears."""

import asyncio
from collections.abc import Sequence

from feed_assembly.appending import append_all
from feed_assembly.batch_result import BatchErrors, BatchResult
from feed_assembly.event_log import EventLog
from feed_assembly.field_checks import check_batch_size
from feed_assembly.item_change import ItemChange, checked_item
from serving.clock import Clock
from serving.deadline import Deadline
from serving.errors import InvalidRequestError

MAX_ITEMS = 500
CHECKED_AT_ONCE = 50
"""Bounds the time that checking holds the event loop."""


class ItemPublisher:
    """Answers `PublishItems`."""

    def __init__(self, item_log: EventLog[ItemChange], clock: Clock) -> None:
        self._item_log = item_log
        self._clock = clock

    async def publish_items(self, items: Sequence[ItemChange], deadline: Deadline) -> BatchResult:
        """Check and keep on the bus, in the order given.

        Raises:
            InvalidRequestError: none, or more than `MAX_ITEMS`.
        """
        check_batch_size("items", len(items), MAX_ITEMS)
        errors = BatchErrors()
        checked = await self._checked(items, errors)
        await append_all(checked, self._item_log, errors, deadline)
        return errors.result(len(items))

    async def _checked(
        self, items: Sequence[ItemChange], errors: BatchErrors
    ) -> list[tuple[int, ItemChange]]:
        now_ms = self._clock.now_ms()
        checked = []
        for start in range(0, len(items), CHECKED_AT_ONCE):
            for index, item in enumerate(items[start : start + CHECKED_AT_ONCE], start):
                try:
                    checked.append((index, checked_item(item, f"items[{index}]", now_ms)))
                except InvalidRequestError as error:
                    errors.refuse(index, error)
            await asyncio.sleep(0)
        return checked

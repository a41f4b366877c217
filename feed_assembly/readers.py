"""The two readers of the bus that this service runs: items into content, lists to who waits."""

import asyncio
import contextlib
from collections.abc import Callable
from contextvars import copy_context

import structlog

from feed_assembly.item_change import ItemChange
from feed_assembly.item_reader import READER as ITEMS
from feed_assembly.ranked_list_reader import READER as RANKED_LISTS
from serving.bus.consumer import EventConsumer
from serving.contracts.rank import RankedList
from serving.errors import DependencyError
from serving.lag_metrics import publish_lag
from serving.metrics import GENERATION_AGE
from serving.metrics_recorder import Metrics
from serving.serving_loop import urgent

CATCH_UP_S = 5.0
LAG_INTERVAL_S = 1.0

log = structlog.get_logger()


class Readers:
    """Starts, watches and stops them together."""

    def __init__(
        self,
        items: EventConsumer[ItemChange],
        ranked_lists: EventConsumer[RankedList],
        metrics: Metrics,
        generation_age_ms: Callable[[], int],
    ) -> None:
        self._items = items
        self._ranked_lists = ranked_lists
        self._metrics = metrics
        self._generation_age_ms = generation_age_ms

    async def start(self) -> bool:
        """Start both; the bus may still be away.

        Returns:
            Whether the items published so far were in, and lists can come, within `CATCH_UP_S`.
        """
        self._items.start()
        # Calls that are all but done wait for its lists.
        urgent(copy_context()).run(self._ranked_lists.start)
        caught_up = await asyncio.gather(
            self._items.caught_up(CATCH_UP_S), self._ranked_lists.caught_up(CATCH_UP_S)
        )
        if not all(caught_up):
            log.warning("serving before the bus was read", items=caught_up[0], lists=caught_up[1])
        return all(caught_up)

    async def run(self) -> None:
        """Publish how old our view of the world is, until a reader stops by itself.

        Raises:
            Exception: why it stopped.
        """
        while True:
            self._metrics.gauge(GENERATION_AGE).set(self._generation_age_ms())
            for reader, consumer in ((ITEMS, self._items), (RANKED_LISTS, self._ranked_lists)):
                if consumer.failure is not None:
                    raise consumer.failure
                with contextlib.suppress(DependencyError):
                    await publish_lag(self._metrics, reader, consumer)
            await asyncio.sleep(LAG_INTERVAL_S)

    async def close(self) -> None:
        await asyncio.gather(self._items.stop(), self._ranked_lists.stop())

"""Follows the bus for the shards of one process: items, and counters from the aggregator."""

import asyncio
import contextlib
from collections.abc import Mapping

import numpy as np

from ann_shards.delta_items import ItemChange
from ann_shards.event_decoding import CounterValues, decode_counters, decode_item_change
from ann_shards.shard import Shard
from generation.manifest import Manifest
from serving.bus.bus import Bus
from serving.bus.consumer import Batch, EventConsumer
from serving.bus.not_ahead import NotAhead
from serving.bus.topics import item_counters, items
from serving.clock import Clock
from serving.errors import DependencyError
from serving.lag_metrics import publish_lag
from serving.metrics_recorder import Metrics

LAG_INTERVAL_S = 1.0
CATCH_UP_S = 5.0
ITEMS_READER = "ann_shards.items"
COUNTERS_READER = "ann_shards.item_counters"


class ShardStreams:
    """Two consumers over the partitions of some shards; a shard reads its own number."""

    def __init__(
        self,
        bus: Bus,
        shards: Mapping[int, Shard],
        manifest: Manifest,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._shards = shards
        self._generation = manifest.name
        self._clock = clock
        self._metrics = metrics
        self._lag_task: asyncio.Task[None] | None = None
        item_topic, counter_topic = items(manifest.shard_count), item_counters(manifest.shard_count)
        self._items: EventConsumer[ItemChange] = EventConsumer(
            bus,
            item_topic,
            manifest.first_offsets(item_topic.name, list(shards)),
            reader=ITEMS_READER,
            decode=self._decode_item,
            apply=self._apply_items,
        )
        self._counters: EventConsumer[CounterValues] = EventConsumer(
            bus,
            counter_topic,
            manifest.first_offsets(counter_topic.name, list(shards)),
            reader=COUNTERS_READER,
            decode=decode_counters,
            apply=self._apply_counters,
            check=NotAhead(manifest.data_time_ms),
        )

    @property
    def failure(self) -> Exception | None:
        return self._items.failure or self._counters.failure

    async def start(self) -> bool:
        """Start both. Returns whether the items published so far were in within `CATCH_UP_S`."""
        self._items.start()
        self._counters.start()
        caught_up = await self._items.caught_up(CATCH_UP_S)
        self._lag_task = asyncio.create_task(self._watch_lag(), name="ann_shards-lag")
        return caught_up

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until everything in both topics at the call is applied."""
        return await self._items.caught_up(timeout_s) and await self._counters.caught_up(timeout_s)

    async def run(self) -> None:
        """Return never; for owners who watch their own tasks.

        Raises:
            Exception: `failure`, once one of the consumers stopped by itself.
        """
        if self._lag_task is None:
            raise ValueError("not started")
        await asyncio.shield(self._lag_task)

    async def close(self) -> None:
        if self._lag_task is not None:
            self._lag_task.cancel()
            await asyncio.wait([self._lag_task])
        await self._items.stop()
        await self._counters.stop()

    def _decode_item(self, value: bytes) -> ItemChange:
        return decode_item_change(value, self._clock.now_ms())

    async def _apply_items(self, partition: int, batch: Batch[ItemChange]) -> None:
        self._shards[partition].apply([change for _, change in batch])

    async def _apply_counters(self, partition: int, batch: Batch[CounterValues]) -> None:
        events = [event for _, event in batch if event.generation == self._generation]
        if events:
            self._shards[partition].items.live.put(
                np.array([event.item_id for event in events], np.int64),
                np.stack([event.counters for event in events]),
                np.array([event.as_of_ms for event in events], np.int64),
            )

    async def _watch_lag(self) -> None:
        """Keep every shard's lag at hand: a request cannot wait for the bus to tell it."""
        while self.failure is None:
            with contextlib.suppress(DependencyError):
                items = await publish_lag(self._metrics, ITEMS_READER, self._items)
                counters = await publish_lag(self._metrics, COUNTERS_READER, self._counters)
                for number, shard in self._shards.items():
                    shard.bus_lag_messages = items[number] + counters[number]
            await asyncio.sleep(LAG_INTERVAL_S)
        raise self.failure

"""Counts what viewers do to items, once each, and tells every shard about its own.

One task for the whole installation. It reads `actions`, keeps decayed counters of what came on top
of the generation in the state store (the recipe of `serving.state.offset_journal`), and once a
second publishes the absolute values of the items that changed: told twice, they are the same.
"""

import asyncio
from collections.abc import Sequence

import structlog

from ann_shards.counter_effects import CounterEffects, Event
from ann_shards.counter_store import CounterStore, items_in, next_record, with_items
from ann_shards.event_decoding import decode_action, encode_counters
from generation.manifest import Manifest
from serving.bus.beginning import beginning_on
from serving.bus.bus import Bus
from serving.bus.consumer import Batch, EventConsumer
from serving.bus.not_ahead import NotAhead
from serving.bus.topics import ACTIONS, item_counters
from serving.errors import DependencyError, StateUnavailableError
from serving.lag_metrics import publish_lag
from serving.metrics import BUS_APPLIED
from serving.metrics_recorder import Metrics
from serving.state.bus_epoch import BusEpoch, load_epoch
from serving.state.offset_journal import checkpoint_key
from serving.state.state_store import StateStore
from serving.state.watched_run import CheckpointLostError, run_watched

CONSUMER = "ann_shards.counter_aggregator"
PUBLISH_INTERVAL_S = 1.0
PUBLISH_TIMEOUT_S = 5.0
PUBLISH_AT_ONCE = 500
"""Items read and published together, so that neither store nor bus gets one huge call."""

log = structlog.get_logger()


class CounterAggregator:
    """Run it in exactly one process. Two would count nothing twice, but hinder one another."""

    def __init__(self, bus: Bus, store: StateStore, manifest: Manifest, metrics: Metrics) -> None:
        self._bus = bus
        self._store = store
        self._manifest = manifest
        self._counters = CounterStore(store, manifest.name)
        self._effects = CounterEffects(store, self._counters, CONSUMER, manifest.name)
        self._topic = item_counters(manifest.shard_count)
        self._epoch: BusEpoch
        self._first: dict[int, int] = {}
        self._applied_up_to: dict[int, int] = {}
        self._counted = metrics.counter(BUS_APPLIED, CONSUMER, "applied")
        self._repeated = metrics.counter(BUS_APPLIED, CONSUMER, "repeated")
        self._metrics = metrics
        self._consumer: EventConsumer[Event] | None = None

    async def run(self) -> None:
        """Count and publish until cancelled.

        Raises:
            ExceptionGroup: counting stopped by itself, for example at too many unreadable messages.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._count_for_ever(), name=CONSUMER)
            tasks.create_task(self._publish_for_ever(), name=f"{CONSUMER}-publisher")

    async def open_consumer(self) -> EventConsumer[Event]:
        """A consumer that goes on where the store says.

        Raises:
            DependencyError: store or bus did not answer.
        """
        bus_id, generation = await self._bus.identity(), self._manifest.name
        self._epoch = await load_epoch(self._store, CONSUMER, generation, bus_id)
        first = self._manifest.first_offsets(ACTIONS.name, range(ACTIONS.partitions))
        self._first = beginning_on(bus_id, first, topic=ACTIONS.name, reader=CONSUMER)
        keys = [checkpoint_key(CONSUMER, generation, partition) for partition in self._first]
        self._applied_up_to = {
            partition: self._epoch.position(checkpoint, self._first[partition])
            for partition, checkpoint in enumerate(await self._store.read(keys))
        }
        authors_are_viewers = self._manifest.authors_are_viewers
        return EventConsumer(
            self._bus,
            ACTIONS,
            {p: position - self._epoch.base for p, position in self._applied_up_to.items()},
            reader=CONSUMER,
            decode=lambda value: decode_action(value, authors_are_viewers=authors_are_viewers),
            apply=self.apply,
            check=NotAhead(self._manifest.data_time_ms),
            base=self._epoch.base,
        )

    async def apply(self, partition: int, batch: Batch[Event]) -> None:
        """Count one partition's messages: effects, memories and checkpoint in one atomic write.

        Raises:
            StateUnavailableError: not written, or somebody else wrote meanwhile: try again.
            CheckpointLostError: see there.
        """
        keys = [
            checkpoint_key(CONSUMER, self._manifest.name, partition),
            self._counters.changed_key(partition),
        ]
        checkpoint, changed = await self._store.read(keys)
        done = self._epoch.position(checkpoint, self._first[partition])
        if done < self._applied_up_to[partition]:
            raise CheckpointLostError(f"actions/{partition} is at {done} in the store")
        new = [(message.offset, event) for message, event in batch if message.offset >= done]
        if not new:
            return
        next_position = new[-1][0] + 1
        effects = await self._effects.of(partition, new)
        items = {event.item_id for event in effects.counted}
        updates = [self._epoch.moved(keys[0], checkpoint, next_position), *effects.updates]
        if items:
            updates.append(next_record(keys[1], changed, with_items(changed, items)))
        if not all(await self._store.write(updates, all_or_none=True)):
            raise StateUnavailableError(f"actions/{partition} moved while it was counted")
        self._applied_up_to[partition] = next_position
        self._counted.inc(len(effects.counted))
        self._repeated.inc(effects.repeated_count)

    async def require_kept(self) -> None:
        """Look whether the store still has what was counted into it.

        Raises:
            CheckpointLostError: it lacks some.
            StateUnavailableError: it did not answer.
        """
        before = dict(self._applied_up_to)  # a write that comes in meanwhile only moves them on
        keys = [checkpoint_key(CONSUMER, self._manifest.name, partition) for partition in before]
        found = await self._store.read(keys)
        for (partition, position), checkpoint in zip(before.items(), found, strict=True):
            kept = self._epoch.position(checkpoint, self._first[partition])
            if kept < position:
                self._store.counters.losses += 1
                raise CheckpointLostError(f"actions/{partition} is at {kept} in the store")

    async def publish_changed(self) -> int:
        """Tell the shards about items that changed. Returns how many there were.

        Raises:
            DependencyError: store or bus did not answer; what was not told will be next time.
        """
        told = await self._counters.changed(range(ACTIONS.partitions))
        items = sorted(set().union(*(items_in(record) for record in told.values())))
        for start in range(0, len(items), PUBLISH_AT_ONCE):
            await self._publish(items[start : start + PUBLISH_AT_ONCE])
        await self._counters.clear_changed({p: r for p, r in told.items() if r.value})
        return len(items)

    async def _publish(self, items: Sequence[int]) -> None:
        states = await self._counters.states(items)
        generation = self._manifest.name
        await asyncio.gather(
            *(
                self._bus.publish(
                    self._topic,
                    encode_counters(item, generation, state.as_of_ms, state.counters),
                    key=item,
                    timeout_s=PUBLISH_TIMEOUT_S,
                )
                for item, state in states.items()
            )
        )

    async def _count_for_ever(self) -> None:
        while True:
            try:
                self._consumer = await self.open_consumer()
                await run_watched(self._consumer, self.require_kept)
            except (CheckpointLostError, DependencyError) as error:
                log.warning("counting starts over", cause=str(error))
                await asyncio.sleep(PUBLISH_INTERVAL_S)

    async def _publish_for_ever(self) -> None:
        while True:
            try:
                await self.publish_changed()
                if self._consumer is not None:
                    await publish_lag(self._metrics, CONSUMER, self._consumer)
            except DependencyError as error:
                log.warning("counters not published yet", cause=str(error))
            await asyncio.sleep(PUBLISH_INTERVAL_S)

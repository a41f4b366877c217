"""Actions are counted once each, whatever is repeated, restarted or stopped half-way."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from ann_shards.counter_aggregator import CounterAggregator
from ann_shards.event_decoding import CounterValues, decode_counters
from generation.counters import COUNTER_COLUMNS
from generation.manifest import Manifest
from serving.bus.log_bus import LogBus
from serving.bus.topics import ACTIONS, item_counters
from serving.errors import StateUnavailableError
from serving.metrics_recorder import Metrics
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import StateStore
from serving.state.watched_run import CheckpointLostError
from tests.ann_shards.events import an_action
from tests.generation.tiny_generation import HOUR_MS, NOON_MS, SHARDS
from tests.serving.state.counting_consumer import until_answered

PATIENCE_S = 20.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StateStore]:
    store = RocksDbStateStore(tmp_path / "state")
    yield store
    await store.close()


@pytest.fixture
def aggregator(tiny: Path, bus: LogBus, store: StateStore):
    """A new aggregator over the same bus and store, as after a restart."""
    return lambda: CounterAggregator(bus, store, Manifest.read(tiny), Metrics())


async def act(bus: LogBus, *actions: bytes, viewer_id: int = 1) -> None:
    for action in actions:
        await bus.publish(ACTIONS, action, key=viewer_id, timeout_s=PATIENCE_S)


async def count_all(aggregator: CounterAggregator) -> None:
    consumer = await aggregator.open_consumer()
    consumer.start()
    assert await consumer.caught_up(PATIENCE_S)
    await consumer.stop()


async def published(bus: LogBus) -> list[CounterValues]:
    """Everything told to the shards so far, in order per shard."""
    topic = item_counters(SHARDS)
    ends = await bus.end_offsets(topic, range(SHARDS))
    subscription = await bus.subscribe(topic, dict.fromkeys(range(SHARDS), 0), reader="test")
    told = []
    while len(told) < sum(ends.values()):
        told += await subscription.poll(1_000, PATIENCE_S)
    await subscription.close()
    return [decode_counters(message.value) for message in told]


def of(values: CounterValues) -> dict[str, float]:
    return {
        name: value
        for name, value in zip(COUNTER_COLUMNS, values.counters.tolist(), strict=True)
        if value
    }


async def test_an_action_adds_one_to_every_horizon(bus, aggregator):
    await act(bus, an_action("a", 100))
    counting = aggregator()
    await count_all(counting)
    assert await counting.publish_changed() == 1
    [told] = await published(bus)
    assert (told.item_id, told.as_of_ms) == (100, NOON_MS)
    assert of(told) == {"clicks_total": 1, "clicks_week": 1, "clicks_hour": 1}


async def test_counts_age_by_their_half_life_and_late_events_count_less(bus, aggregator):
    await act(
        bus,
        an_action("a", 100, "LIKE"),
        an_action("b", 100, "LIKE", occurred_ms=NOON_MS + HOUR_MS),
        an_action("c", 100, "LIKE", occurred_ms=NOON_MS - HOUR_MS),
    )
    counting = aggregator()
    await count_all(counting)
    await counting.publish_changed()
    [told] = await published(bus)
    assert told.as_of_ms == NOON_MS + HOUR_MS
    assert of(told)["likes_total"] == 3
    assert of(told)["likes_hour"] == pytest.approx(1 + 1 / 2 + 1 / 4)


async def test_a_repeated_action_counts_once_and_another_viewers_same_id_counts(bus, aggregator):
    await act(bus, an_action("a", 100), an_action("a", 100))
    await act(bus, an_action("a", 100, viewer_id=2), viewer_id=2)
    counting = aggregator()
    await count_all(counting)
    await counting.publish_changed()
    assert of((await published(bus))[-1])["clicks_total"] == 2


async def test_an_action_from_the_future_is_set_aside_and_ages_nothing(bus, aggregator):
    await act(
        bus,
        an_action("a", 100),
        an_action("b", 100, occurred_ms=4_102_444_800_000),
        an_action("c", 100),
    )
    counting = aggregator()
    await count_all(counting)
    await counting.publish_changed()
    counted = of((await published(bus))[-1])
    assert (counted["clicks_total"], counted["clicks_hour"]) == (2, 2)
    assert bus.counters.parked == 1


async def test_what_counts_nothing_changes_nothing(bus, aggregator):
    await act(
        bus,
        an_action("a", 100, "UNLIKE"),
        an_action("b", 100, "CLICK", viewer_id=10, item_author_id=10),
    )
    counting = aggregator()
    await count_all(counting)
    assert await counting.publish_changed() == 0


async def test_a_restart_counts_nothing_twice_and_tells_nothing_twice(bus, aggregator):
    await act(bus, an_action("a", 100))
    first = aggregator()
    await count_all(first)
    await first.publish_changed()
    second = aggregator()
    await count_all(second)
    assert await second.publish_changed() == 0
    await act(bus, an_action("b", 100))
    await count_all(second)
    await second.publish_changed()
    assert [of(told)["clicks_total"] for told in await published(bus)] == [1, 2]


async def test_what_was_counted_but_not_told_is_told_after_a_restart(bus, aggregator):
    await act(bus, an_action("a", 100))
    await count_all(aggregator())
    assert await aggregator().publish_changed() == 1


async def test_actions_counted_while_others_are_told_stay_to_be_told(bus, store, tiny, aggregator):
    await act(bus, an_action("a", 100))
    counting = aggregator()
    await count_all(counting)

    class CountsMeanwhile:
        """A bus whose publish lets another action in."""

        async def publish(self, *arguments, **named):
            await act(bus, an_action("b", 100))
            await count_all(counting)
            return await bus.publish(*arguments, **named)

    telling = CounterAggregator(CountsMeanwhile(), store, Manifest.read(tiny), Metrics())
    await telling.publish_changed()
    assert await aggregator().publish_changed() == 1
    assert of((await published(bus))[-1])["clicks_total"] == 2


class FailsAfterWriting:
    """A store that loses the answer of every write, after the write or instead of it."""

    def __init__(self, store: StateStore, rng: np.random.Generator) -> None:
        self._store = store
        self._rng = rng
        self.counters = store.counters

    async def read(self, keys):
        return await self._store.read(keys)

    async def write(self, updates, *, all_or_none=False):
        fate = self._rng.integers(3)
        if fate:
            written = await self._store.write(updates, all_or_none=all_or_none)
        if fate < 2:
            raise StateUnavailableError("lost")
        return written


@pytest.mark.parametrize("seed", range(5))
async def test_lost_answers_neither_lose_nor_repeat_a_count(bus, store, tiny, aggregator, seed):
    for number in range(30):
        await act(bus, an_action(f"{number}", 100 + number % 3, viewer_id=number % 4))
    manifest = Manifest.read(tiny)
    flaky = FailsAfterWriting(store, np.random.default_rng(seed))
    counting = CounterAggregator(bus, flaky, manifest, Metrics())
    messages = await _messages(bus)
    consumer = await until_answered(counting.open_consumer)
    for start in range(0, len(messages), 7):
        batch = [(m, consumer._decoding._decode(m.value)) for m in messages[start : start + 7]]
        for _attempt in range(50):
            try:
                await counting.apply(messages[0].partition, batch)
                break
            except StateUnavailableError:
                continue
    telling = aggregator()
    await telling.publish_changed()
    assert {t.item_id: of(t)["clicks_total"] for t in await published(bus)} == dict.fromkeys(
        (100, 101, 102), 10
    )


class Forgets:
    """A store that can lose everything."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self.counters = store.counters
        self.has_forgotten = False

    async def read(self, keys):
        return [None] * len(keys) if self.has_forgotten else await self._store.read(keys)

    async def write(self, updates, *, all_or_none=False):
        return await self._store.write(updates, all_or_none=all_or_none)


async def test_a_store_that_lost_its_checkpoint_is_noticed(bus, tiny, store):
    await act(bus, an_action("a", 100))
    forgetful = Forgets(store)
    counting = CounterAggregator(bus, forgetful, Manifest.read(tiny), Metrics())
    await count_all(counting)
    forgetful.has_forgotten = True
    [message] = await _messages(bus)
    with pytest.raises(CheckpointLostError):
        await counting.apply(message.partition, [(message, None)])


async def _messages(bus: LogBus):
    ends = await bus.end_offsets(ACTIONS, range(ACTIONS.partitions))
    subscription = await bus.subscribe(
        ACTIONS, dict.fromkeys(range(ACTIONS.partitions), 0), reader="test"
    )
    messages = []
    while len(messages) < sum(ends.values()):
        messages += await subscription.poll(1_000, PATIENCE_S)
    await subscription.close()
    return messages

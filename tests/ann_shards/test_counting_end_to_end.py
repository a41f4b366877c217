"""A click on the bus becomes a fact of the item in its shard, through the running aggregator."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from ann_shards.counter_aggregator import CounterAggregator
from ann_shards.shards import Shards
from generation.item_columns import ITEM_FACTS
from generation.manifest import Manifest
from serving.bus.log_bus import LogBus
from serving.bus.topics import ACTIONS, item_counters
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from serving.state.rocksdb_state_store import RocksDbStateStore
from tests.ann_shards.events import an_action
from tests.ann_shards.requests import ids
from tests.generation.tiny_generation import NOON_MS, SHARDS, shard_of

PATIENCE_S = 20.0


async def test_a_click_reaches_the_facts_of_its_item(
    shards: Shards, bus: LogBus, tiny: Path, tmp_path: Path
):
    store = RocksDbStateStore(tmp_path / "state")
    counting = asyncio.create_task(
        CounterAggregator(bus, store, Manifest.read(tiny), Metrics()).run()
    )
    told = await bus.subscribe(item_counters(SHARDS), {shard_of(105): 0}, reader="test")
    await bus.publish(ACTIONS, an_action("a", 105), key=1, timeout_s=PATIENCE_S)
    assert await told.poll(1, PATIENCE_S)
    assert await shards.caught_up(PATIENCE_S)
    columns = await shards.lookup(shards.generation, ids(105), NOON_MS, Deadline.after_ms(60_000))
    clicks = columns["facts"][0, ITEM_FACTS.index("log_clicks_total")]
    assert clicks == pytest.approx(np.log1p(35 + 1), abs=2e-3)
    counting.cancel()
    await asyncio.wait([counting])
    await told.close()
    await store.close()

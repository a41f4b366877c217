"""Redis is emptied under running consumers: all that it held is filled in anew from the bus, though
nothing new is published."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ann_shards.counter_aggregator import CounterAggregator
from ann_shards.counter_store import CounterStore
from candidate_gen.viewer_state.states import open_viewer_states
from candidate_gen.viewer_state.updater import ViewerStateUpdater
from feedrank.real.redis_process import RedisProcess
from generation.manifest import Manifest
from protos import events_pb2 as pb
from serving.background_tasks import BackgroundTasks
from serving.bus.log_bus import LogBus
from serving.bus.topics import ACTIONS
from serving.metrics_recorder import Metrics
from serving.state.redis_state_store import RedisStateStore
from tests.candidate_gen.viewer_state.actions import NOON_MS, an_event
from tests.generation.tiny_generation import STRANGER, VIEWER, vocabulary, write_tiny_generation
from tests.serving.bus.logs import opened

pytestmark = pytest.mark.redis

PATIENCE_S = 30.0
LIKED = [101, 102, 103]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[LogBus]:
    bus = await opened(tmp_path / "bus")
    yield bus
    await bus.close()


@pytest.fixture
async def store(own_redis: RedisProcess) -> AsyncIterator[RedisStateStore]:
    store = RedisStateStore(own_redis.address, timeout_ms=5_000, connect_timeout_ms=5_000)
    yield store
    await store.close()


async def empty(redis: RedisProcess) -> None:
    async with Redis.from_url(redis.address) as client:
        await client.flushall()


async def publish_likes(bus: LogBus) -> None:
    for number, item in enumerate(LIKED):
        for viewer in (VIEWER, STRANGER):
            event = an_event(pb.LIKE, item, action_id=f"like-{number}", viewer_id=viewer)
            value = event.SerializeToString()
            await bus.publish(ACTIONS, value, key=viewer, timeout_s=PATIENCE_S)


async def test_viewers_states_come_back(bus, store, own_redis, folder) -> None:
    manifest = Manifest.read(folder)
    updater = ViewerStateUpdater(
        bus, store, manifest, vocabulary().categories, range(64), look_interval_s=0.05
    )
    await publish_likes(bus)
    tasks = BackgroundTasks(on_failure=lambda: None)
    tasks.start("updater", updater.run())
    assert await updater.caught_up(PATIENCE_S)
    states = open_viewer_states(folder, manifest, store)
    before = await states.read(STRANGER, NOON_MS)
    assert sorted(before.positive_item_ids.tolist()) == LIKED
    await empty(own_redis)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            after = await states.read(STRANGER, NOON_MS)
            if after.totals.tolist() == before.totals.tolist():
                break
            await asyncio.sleep(0.02)
    assert after.positive_item_ids.tolist() == before.positive_item_ids.tolist()
    assert store.counters.losses == 1
    await tasks.close()


async def test_counters_come_back(bus, store, own_redis, folder) -> None:
    manifest = Manifest.read(folder)
    counting = CounterAggregator(bus, store, manifest, Metrics())
    counters = CounterStore(store, manifest.name)
    await publish_likes(bus)
    tasks = BackgroundTasks(on_failure=lambda: None)
    tasks.start("aggregator", counting.run())
    before = await until_counted(counters)
    await empty(own_redis)
    assert await until_counted(counters) == before
    assert store.counters.losses == 1
    await tasks.close()


async def until_counted(counters: CounterStore) -> list[list[float]]:
    """Counters of the items liked, once all have two likes."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            states = await counters.states(LIKED)
            found = [state.counters.tolist() for _, state in sorted(states.items())]
            if len(found) == len(LIKED) and all(max(values) == 2 for values in found):
                return found
            await asyncio.sleep(0.02)

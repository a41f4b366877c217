"""From a generation's files, real shards, a real store and a real log to the ranker's input."""

import asyncio
import shutil

import pytest

from ann_shards.service import open_shards
from candidate_gen.service import CandidateGen, Services, open_candidate_gen
from generation import layout
from generation.manifest import InvalidGenerationError, Manifest
from protos import events_pb2 as pb
from serving.bus.topics import ACTIONS
from serving.contracts.graph import FOLLOWS, FRIEND
from serving.contracts.sources import source_names
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from serving.state.rocksdb_state_store import RocksDbStateStore
from tests.candidate_gen.builders import a_neighbourhood, a_request
from tests.candidate_gen.fakes import FakeGraph, FakeRanker
from tests.candidate_gen.viewer_state.actions import an_event
from tests.generation.tiny_generation import (
    NOON_MS,
    SHARDS,
    STRANGER,
    VIEWER,
    write_tiny_generation,
)
from tests.serving.bus.logs import opened
from tests.serving.fixed_clock import FixedClock

PATIENCE_S = 20.0
NEIGHBOURHOOD = a_neighbourhood(
    followed_ids=[11, 10], friend_ids=[11], group_ids=[500], friends_liked_item_ids=[121, 126]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
async def bus(tmp_path):
    bus = await opened(tmp_path / "bus")
    yield bus
    await bus.close()


@pytest.fixture
async def store(tmp_path):
    store = RocksDbStateStore(tmp_path / "state")
    yield store
    await store.close()


@pytest.fixture
def ranker():
    return FakeRanker()


@pytest.fixture
async def candidate_gen(folder, bus, store, ranker):
    manifest, metrics = Manifest.read(folder), Metrics()
    shards = open_shards(folder, manifest, range(SHARDS), bus, FixedClock(NOON_MS), metrics)
    graph = FakeGraph(NEIGHBOURHOOD, {10: FOLLOWS, 11: FOLLOWS | FRIEND})
    services = Services([shards], graph, ranker)
    service = open_candidate_gen(folder, manifest, services, bus, store, metrics)
    running = asyncio.create_task(service.run())
    assert await service.caught_up(PATIENCE_S)
    yield service
    running.cancel()
    await asyncio.wait([running])
    await shards.close()


async def generated(service: CandidateGen, viewer_id: int, **request):
    reply = await service.generate(
        a_request(viewer_id=viewer_id, now_ms=NOON_MS, **request), Deadline.after_ms(5_000)
    )
    return reply.receipt


async def test_a_viewer_with_history_is_served_by_every_source(candidate_gen, ranker):
    receipt = await generated(candidate_gen, VIEWER)
    assert receipt.degraded_reasons == []
    assert (receipt.shards_answered, receipt.shards_total) == (SHARDS, SHARDS)
    assert all(source.found_count > 0 for source in receipt.sources), receipt.sources
    candidates = ranker.requests[0].candidates
    sources = dict(zip(candidates["item_id"].tolist(), candidates["source_bits"], strict=True))
    assert "friends_liked" in source_names(int(sources[121]))
    assert {100, 105, 110, 111}.isdisjoint(sources)  # seen
    assert 139 not in sources  # sensitive


async def test_items_for_a_few_reach_those_few_only(candidate_gen, ranker):
    await generated(candidate_gen, VIEWER)
    # 137 is for friends of 15, 136 for followers of 14, 138 for group 500.
    ranked = set(ranker.ranked_ids)
    assert 138 in ranked
    assert {136, 137}.isdisjoint(ranked)


async def test_a_stranger_gets_popular_and_fresh(candidate_gen, ranker):
    receipt = await generated(candidate_gen, STRANGER, region="south")
    kept = {source.name: source.kept_count for source in receipt.sources}
    assert kept["popular"] + kept["fresh"] > 0
    assert kept["similar_to_liked"] == kept["category_recent"] == 0
    regions = set(ranker.requests[0].candidates["region"].tolist())
    assert regions == {0}


async def test_what_was_just_clicked_is_not_found_again(candidate_gen, ranker, bus):
    await generated(candidate_gen, VIEWER)
    assert 120 in ranker.ranked_ids
    event = an_event(pb.CLICK, item_id=120, occurred_ms=NOON_MS)
    value = event.SerializeToString()
    await bus.publish(ACTIONS, value, key=event.viewer_id, timeout_s=PATIENCE_S)
    assert await candidate_gen.caught_up(PATIENCE_S)
    await generated(candidate_gen, VIEWER)
    assert 120 not in ranker.ranked_ids


async def test_a_damaged_vocabulary_is_refused_by_name(folder, tmp_path, bus, store, ranker):
    damaged = tmp_path / folder.name
    shutil.copytree(folder, damaged)
    (damaged / layout.VOCABULARY).chmod(0o644)
    (damaged / layout.VOCABULARY).write_text("{}")
    services = Services([], FakeGraph(NEIGHBOURHOOD), ranker)
    with pytest.raises(InvalidGenerationError, match=r"vocabulary\.json"):
        open_candidate_gen(damaged, Manifest.read(folder), services, bus, store, Metrics())

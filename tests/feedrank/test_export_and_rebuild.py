"""Act, export, rebuild, restart: states stay the same, nothing lost, nothing counted twice."""

import random
from pathlib import Path

import numpy as np
import pytest

from candidate_gen.viewer_state.states import open_viewer_states
from candidate_gen.viewer_state.updater import ViewerStateUpdater, owned_partitions
from candidate_gen.viewer_state.viewer import ViewerState
from feedrank.export import export_bus
from generation import layout
from generation.manifest import Manifest
from generation.vocabulary import Vocabulary
from protos import events_pb2 as pb
from serving.bus.topics import ACTIONS
from serving.state.rocksdb_state_store import RocksDbStateStore
from spark_jobs.build import build_generation
from spark_jobs.local_engine import LocalEngine
from tests.candidate_gen.viewer_state.running import running
from tests.serving.bus.logs import opened
from tests.spark_jobs.tiny_data import ITEMS, NOON_MS, GivenVectors, no_models, write_data

PATIENCE_S = 60.0
VIEWERS = (1, 2, 3, 5, 77)
"""77 is new."""

KINDS = (pb.IMPRESSION, pb.CLICK, pb.LIKE, pb.LONG_VIEW, pb.SHARE, pb.HIDE, pb.FOLLOW)
LATER_MS = NOON_MS + 3_600_000


@pytest.fixture
def local_engine():
    engine = LocalEngine(workers=2)
    yield engine
    engine.close()


def an_event(dice: random.Random, number: int) -> pb.ActionEvent:
    kind = dice.choice(KINDS)
    event = pb.ActionEvent(
        schema_version=1,
        kind=kind,
        action_id=f"action-{number}",
        viewer_id=dice.choice(VIEWERS),
        occurred_ms=NOON_MS + 1_000 * (number + 1),
        position=-1,
        item_author_id=-1,
    )
    if kind == pb.FOLLOW:
        event.author_id = dice.choice((5, 6))
        return event
    item = dice.choice(ITEMS)
    event.item_id = item["item_id"]
    event.item_author_id = item.get("author_id", -1)
    event.item_categories.extend(item.get("categories", []))
    if kind == pb.IMPRESSION:
        event.value = 500.0 * dice.randrange(1, 5)
    return event


async def publish_some_life(bus) -> None:
    """Sixty actions, every fifth sent twice."""
    dice = random.Random(7)
    for number in range(60):
        event = an_event(dice, number)
        for _ in range(2 if number % 5 == 0 else 1):
            value = event.SerializeToString()
            await bus.publish(ACTIONS, value, key=event.viewer_id, timeout_s=PATIENCE_S)


async def states_over(folder: Path, bus, store) -> dict[int, ViewerState]:
    """Start on a generation, apply what is newer on the bus, and read everybody."""
    manifest = Manifest.read(folder)
    categories = Vocabulary.read(folder / layout.VOCABULARY).categories
    updater = ViewerStateUpdater(bus, store, manifest, categories, owned_partitions(0, 1))
    async with running(updater):
        assert await updater.caught_up(PATIENCE_S)
    states = open_viewer_states(folder, manifest, store)
    return {viewer: await states.read(viewer, LATER_MS) for viewer in VIEWERS}


def counts(keys, impressions, positives) -> dict[int, tuple[float, float]]:
    pairs = zip(impressions.tolist(), positives.tolist(), strict=True)
    return dict(zip(keys.tolist(), pairs, strict=True))


def facts(state: ViewerState) -> dict[str, object]:
    """What must not depend on where the base ends and the overlay begins."""
    return {
        "totals": np.round(state.totals, 3).tolist(),
        "last_action_ms": state.last_action_ms,
        "positives": state.positive_item_ids.tolist(),
        "positive_ms": state.positive_ms.tolist(),
        "seen": sorted(state.seen_item_ids.tolist()),
        "categories": counts(
            state.category_codes, state.category_impressions, state.category_positives
        ),
        "authors": counts(state.author_ids, state.author_impressions, state.author_positives),
    }


async def test_a_rebuild_says_what_the_overlay_said(tmp_path, local_engine):
    def build() -> Path:
        return build_generation(
            data, tmp_path / "generations", engine=local_engine, fit=GivenVectors(),
            train=no_models, shards=2, seed=7,
        )  # fmt: skip

    data = write_data(tmp_path / "data", live=())
    bus = await opened(tmp_path / "bus")
    store = RocksDbStateStore(tmp_path / "state")
    first = build()
    await publish_some_life(bus)
    with_overlay = await states_over(first, bus, store)
    await export_bus(bus, data, shard_count=2)
    second = build()
    assert second.name != first.name
    rebuilt = await states_over(second, bus, store)
    for viewer in VIEWERS:
        assert facts(rebuilt[viewer]) == facts(with_overlay[viewer])
    assert sum(state.totals[:5].sum() for state in rebuilt.values()) > 50
    await export_bus(bus, data, shard_count=2)
    assert build().name == second.name
    await store.close()
    await bus.close()

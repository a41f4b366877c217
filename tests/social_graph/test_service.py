"""Opening a graph: what is refused, and what is cleared away."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from generation import layout
from generation.manifest import InvalidGenerationError
from serving.contracts.graph import BLOCKED, FOLLOWS, NeighbourhoodLimits
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.state.rocksdb_state_store import RocksDbStateStore
from social_graph.service import open_social_graph
from tests.generation.tiny_generation import NOON_MS, VIEWER


async def test_old_generations_go_and_the_last_one_stays(tiny, manifest, bus, tmp_path):
    for age_s, name in ((300, "oldest"), (200, "older"), (100, "last")):
        used = tmp_path / "graph" / name / "used"
        used.parent.mkdir(parents=True)
        used.touch()
        os.utime(used, (1_000_000 - age_s, 1_000_000 - age_s))
    (tmp_path / "graph" / "a file of somebody").touch()
    graph = await open_social_graph(tiny, manifest, tmp_path, bus, Metrics())
    await graph.close()
    kept = {"last", manifest.name, "a file of somebody"}
    assert {path.name for path in (tmp_path / "graph").iterdir()} == kept


async def test_a_refused_generation_leaves_nothing_locked(tiny, manifest, bus, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny, damaged)
    (damaged / layout.GRAPH_PART.format(part=0)).write_bytes(b"")
    with pytest.raises(InvalidGenerationError, match=r"part-00000.arrow has 0 bytes"):
        await open_social_graph(damaged, manifest, tmp_path, bus, Metrics())
    await RocksDbStateStore(tmp_path / "graph" / manifest.name / "overlay").close()


async def test_reads_off_the_loop_give_the_same_answers(tiny, manifest, bus, tmp_path):
    executor = NativeExecutor(Metrics(), workers=1)
    graph = await open_social_graph(tiny, manifest, tmp_path, bus, Metrics(), executor)
    found = await graph.neighbourhood(
        graph.generation, VIEWER, NOON_MS, NeighbourhoodLimits(), Deadline.after_ms(20_000)
    )
    assert found.followed_ids.tolist() == [11, 10]
    assert found.friends_liked_item_ids.tolist() == [121, 126]
    await graph.close()
    await executor.close()


async def test_where_authors_are_not_viewers_the_spaces_are_never_compared(
    tiny, manifest, bus, tmp_path
):
    strangers = replace(manifest, authors_are_viewers=False)
    graph = await open_social_graph(tiny, strangers, tmp_path, bus, Metrics())
    found = await graph.neighbourhood(
        graph.generation, VIEWER, NOON_MS, NeighbourhoodLimits(), Deadline.after_ms(20_000)
    )
    assert found.followed_ids.tolist() == [11, 10]
    assert found.friend_ids.tolist() == found.friends_liked_item_ids.tolist() == []
    authors = np.array([11, 12, 13, 15], np.int64)
    relations = await graph.relations(graph.generation, VIEWER, authors, Deadline.after_ms(20_000))
    assert relations.flags.tolist() == [FOLLOWS, BLOCKED, 0, 0]
    await graph.close()

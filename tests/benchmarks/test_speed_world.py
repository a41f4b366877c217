"""The bench's own world is a generation like any other."""

from pathlib import Path

import pytest

from benchmarks.speed.world.build import world
from benchmarks.speed.world.size import WorldSize
from generation import layout
from generation.arrow_file import MappedTable
from generation.manifest import Manifest, verify
from generation.publish import current
from generation.viewers import Viewers

SMALL = WorldSize(items=2_000, viewers=100, follows=60, shards=3)


def test_every_file_of_a_small_world_is_whole_and_every_item_is_in_one_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_DIR", str(tmp_path))

    folder = current(world(SMALL))

    verify(folder, Manifest.read(folder))
    ids = [
        MappedTable(folder / layout.SHARD.format(shard=shard) / layout.SHARD_ITEMS).array("item_id")
        for shard in range(SMALL.shards)
    ]
    assert len(set().union(*(each.tolist() for each in ids))) == sum(map(len, ids)) == 2_000
    viewer = Viewers(folder).find(7)
    assert viewer is not None
    assert len(viewer.seen_item_ids) == 200
    assert set(viewer.positive_item_ids.tolist()) <= set(viewer.seen_item_ids.tolist())


def test_a_world_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DIR", str(tmp_path))
    first = current(world(SMALL)) / layout.MANIFEST
    written_ns = first.stat().st_mtime_ns

    assert current(world(SMALL)) / layout.MANIFEST == first
    assert first.stat().st_mtime_ns == written_ns

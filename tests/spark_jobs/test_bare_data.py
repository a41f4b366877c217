"""Data with nothing but actions, or with hardly anything, is built too."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generation import layout
from generation.arrow_file import MappedTable
from generation.manifest import Manifest, verify
from spark_jobs.build import build_generation
from spark_jobs.local_engine import LocalEngine
from tables.importer import import_canonical
from tests.spark_jobs.tiny_data import GivenVectors, item, no_models, write_data, write_rows


def test_actions_alone_make_a_generation(
    tmp_path: Path, generations: Path, local_engine: LocalEngine
):
    (tmp_path / "source").mkdir()
    table = pa.table(
        {"viewer_id": [1], "item_id": [7], "action": ["click"], "occurred_ms": [10**12]}
    )
    pq.write_table(table, tmp_path / "source" / "actions.parquet")
    import_canonical(tmp_path / "source", tmp_path / "data")
    built = build_generation(
        tmp_path / "data",
        generations,
        engine=local_engine,
        fit=GivenVectors(),
        train=no_models,
        shards=3,
        seed=7,
    )
    manifest = Manifest.read(built)
    verify(built, manifest)
    assert not manifest.authors_are_viewers
    assert sum(_rows(built, shard) for shard in range(3)) == 1
    assert MappedTable(built / layout.VIEWERS).array("viewer_id").tolist() == [1]


def test_authors_that_are_no_viewers_have_no_friends(
    tmp_path: Path, generations: Path, local_engine: LocalEngine
):
    data = write_data(tmp_path / "data", authors_are_viewers=False)
    built = build_generation(
        data,
        generations,
        engine=local_engine,
        fit=GivenVectors(),
        train=no_models,
        shards=1,
        seed=7,
    )
    kinds = {
        found[:1]
        for path in sorted((built / layout.GRAPH).iterdir())
        for found in MappedTable(path).strings("key").to_pylist()
    }
    assert kinds == {b"B", b"F", b"G", b"M", b"N", b"P"}
    items = MappedTable(built / layout.SHARD.format(shard=0) / layout.SHARD_ITEMS)
    row = items.array("item_id").tolist().index(10)
    # Viewer 5 and author 5 are two people; the like at an approximate time enters no count.
    assert items.array("author_positives")[row] == 3
    assert items.array("author_followers")[row] == 2


def test_an_item_that_occurs_twice_is_named(
    tmp_path: Path, generations: Path, local_engine: LocalEngine
):
    data = write_data(tmp_path / "data")
    write_rows(data, "items", [item(12, 1)], 1)
    with pytest.raises(ValueError, match="item 12 occurs twice in the items table"):
        build_generation(
            data,
            generations,
            engine=local_engine,
            fit=GivenVectors(),
            train=no_models,
            shards=2,
            seed=7,
        )


def test_actions_on_items_nobody_names_are_counted(
    tmp_path: Path, generations: Path, local_engine: LocalEngine
):
    data = write_data(tmp_path / "data", live=[])
    write_rows(data, "actions", [_unknown_item()], 2)
    built = build_generation(
        data,
        generations,
        engine=local_engine,
        fit=GivenVectors(),
        train=no_models,
        shards=2,
        seed=7,
    )
    assert Manifest.read(built).quality["actions_on_unknown_items"] == 1


def _unknown_item() -> dict[str, object]:
    return {"viewer_id": 1, "item_id": 99, "action": "click", "occurred_ms": 10**12}


def _rows(built: Path, shard: int) -> int:
    return len(MappedTable(built / layout.SHARD.format(shard=shard) / layout.SHARD_ITEMS))

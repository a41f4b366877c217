"""Compiled loops check nothing, so a shard whose numbers lead outside of it is never opened."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ann_shards.shard import open_shard
from generation import layout
from generation.arrow_file import Lists, MappedTable, write_table
from generation.manifest import InvalidGenerationError, Manifest
from generation.vocabulary import Vocabulary

SHARD = layout.SHARD.format(shard=0)


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny / SHARD, tmp_path / "shard"))


def refusal(tiny: Path, folder: Path) -> str:
    with pytest.raises(InvalidGenerationError) as refused:
        open_shard(folder, 0, Manifest.read(tiny), Vocabulary.read(tiny / layout.VOCABULARY))
    return str(refused.value)


def rewrite(folder: Path, name: str, **columns: object) -> None:
    """A table again, some of its columns replaced."""
    path = folder / name
    table = MappedTable(path)
    kept = {
        column: table.batch.column(column) for column in table.batch.schema.names
    } | columns  # fmt: skip
    path.unlink()
    write_table(path, kept)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [layout.SHARD_AUTHORS, layout.SHARD_POPULAR])
@pytest.mark.parametrize("row", [-1, 40, 2**31 - 1])
def test_a_list_of_rows_that_are_not_there_is_refused(tiny, folder, name, row):
    lists = MappedTable(folder / name).lists("rows")
    values = lists.values.copy()
    values[1] = row
    rewrite(folder, name, rows=Lists(lists.offsets, values))
    assert f"{row} is outside of [0, " in refusal(tiny, folder)


def test_a_list_that_ends_behind_its_values_is_refused(tiny, folder):
    lists = MappedTable(folder / layout.SHARD_AUTHORS).lists("rows")
    path = folder / layout.SHARD_AUTHORS
    raw = path.read_bytes()
    end = lists.offsets.tobytes()
    wrong = end[:-4] + np.int32(9_999).tobytes()
    path.unlink()
    path.write_bytes(raw.replace(end, wrong, 1))
    assert "not an Arrow file" in refusal(tiny, folder)


def test_an_item_whose_row_is_not_there_is_refused(tiny, folder):
    rows = MappedTable(folder / layout.SHARD_ITEM_ROWS).array("row").copy()
    rows[0] = len(rows)
    rewrite(folder, layout.SHARD_ITEM_ROWS, row=rows)
    assert layout.SHARD_ITEM_ROWS in refusal(tiny, folder)


@pytest.mark.parametrize("code", [-1, 2**30])
def test_a_category_that_is_none_is_refused(tiny, folder, code):
    categories = MappedTable(folder / layout.SHARD_ITEMS).array("categories").copy()
    categories[0, 3] = code
    rewrite(folder, layout.SHARD_ITEMS, categories=categories)
    assert f"categories of items: {code}" in refusal(tiny, folder)


def test_a_column_of_another_type_is_refused(tiny, folder):
    count = len(MappedTable(folder / layout.SHARD_ITEMS))
    rewrite(folder, layout.SHARD_ITEMS, created_ms=np.zeros(count))
    assert "created_ms is float64" in refusal(tiny, folder)


def test_keys_in_disorder_are_refused(tiny, folder):
    keys = MappedTable(folder / layout.SHARD_CATEGORIES).array("key")[::-1].copy()
    rewrite(folder, layout.SHARD_CATEGORIES, key=keys)
    assert "do not ascend" in refusal(tiny, folder)

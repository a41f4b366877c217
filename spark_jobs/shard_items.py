"""The columns of a shard, and the lists of its rows by id, author, category and popularity."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation import layout
from generation.arrow_file import MappedTable, find_rows, write_table
from generation.id_lists import write_id_lists
from generation.item_columns import (
    SHARD_ITEM_COLUMNS,
    VISIBILITIES,
)
from spark_jobs.author_statistics import STATISTICS
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.coding import category_codes, category_matrix, name_codes, positions
from spark_jobs.engine import Receipt
from spark_jobs.part_files import numbers, part_path, read_part

Columns = dict[str, npt.NDArray[Any]]

SOURCE_COLUMNS = (
    "item_id", "author_id", "created_ms", "categories", "region", "language", "is_sensitive",
    "duration_ms", "group_id", "visibility",
)  # fmt: skip
ITEM_ORDER = ("created_ms", "item_id")
MIN_POSITIVE_VIEWERS = 3
"""People, its author apart, who acted positively on an item before a vector stands for it."""

MS_PER_S = 1_000.0


def shard_items(workplace: Workplace, facts: Facts, shard: int) -> Receipt:
    """Write `items.arrow` of a shard and the lists of its rows."""
    source = read_part(workplace.items, shard, SOURCE_COLUMNS)
    columns = _facts_of(source, facts) | _statistics(workplace, shard)
    columns |= _author_statistics(workplace, columns["author_id"])
    columns |= _vectors(workplace, columns)
    folder = layout.SHARD.format(shard=shard)
    items = {
        c.name: np.ascontiguousarray(columns[c.name], np.dtype(c.dtype)) for c in SHARD_ITEM_COLUMNS
    }
    target = workplace.output / folder
    rows = {f"{folder}/{layout.SHARD_ITEMS}": write_table(target / layout.SHARD_ITEMS, items)}
    for name, written in _write_lists(target, items).items():
        rows[f"{folder}/{name}"] = written
    norms = np.linalg.norm(columns["vector"], axis=1)
    return {"rows": rows, "largest_norm": float(norms.max(initial=0))}


def _facts_of(source: pa.Table, facts: Facts) -> Columns:
    names = facts.vocabulary
    return {
        "item_id": numbers(source, "item_id", "i8"),
        "author_id": numbers(source, "author_id", "i8", -1),
        "created_ms": numbers(source, "created_ms", "i8"),
        "group_id": numbers(source, "group_id", "i8", -1),
        "categories": category_matrix(category_codes(source["categories"], names.categories)),
        "region": name_codes(source["region"], names.regions),
        "language": name_codes(source["language"], names.languages),
        "visibility": positions(source["visibility"], tuple(VISIBILITIES)).astype(np.uint8),
        "is_sensitive": numbers(source, "is_sensitive", "u1"),
        "duration_s": numbers(source, "duration_ms", "i8") / MS_PER_S,
    }


def _statistics(workplace: Workplace, shard: int) -> Columns:
    known = MappedTable(part_path(workplace.item_statistics, shard, "arrow"))
    return {name: known.array(name) for name in ("counters", "popularity", "positive_viewers")}


def _author_statistics(workplace: Workplace, author_id: npt.NDArray[np.int64]) -> Columns:
    known = MappedTable(workplace.author_statistics)
    at = find_rows(known.array("author_id"), author_id)
    columns = {}
    for name in STATISTICS:
        column = np.zeros(len(author_id), np.float32)
        column[at >= 0] = known.array(name)[at[at >= 0]]
        columns[f"author_{name}"] = column
    return columns


def _vectors(workplace: Workplace, columns: Columns) -> Columns:
    """`vector` as float32, zeros without one."""
    fitted = MappedTable(workplace.vectors / "items.arrow")
    vectors = fitted.array("vector")
    at = find_rows(fitted.array("item_id"), columns["item_id"])
    has_vector = (at >= 0) & (columns["positive_viewers"] >= MIN_POSITIVE_VIEWERS)
    found = np.zeros((len(at), vectors.shape[1]), np.float32)
    found[has_vector] = vectors[at[has_vector]]
    return {"has_vector": has_vector, "vector": found}


def _write_lists(folder: Path, items: Columns) -> dict[str, int]:
    count = len(items["item_id"])
    by_id = np.argsort(items["item_id"], kind="stable")
    every_row = np.arange(count)
    has_category = items["categories"] > 0
    category_rows = np.repeat(every_row, has_category.sum(axis=1))
    popular = np.lexsort((items["item_id"], -items["popularity"]))
    rank = np.empty(count, np.int64)
    rank[popular] = every_row
    by_region = items["region"] > 0
    named = items["author_id"] >= 0
    return {
        layout.SHARD_ITEM_ROWS: write_table(
            folder / layout.SHARD_ITEM_ROWS,
            {"item_id": items["item_id"][by_id], "row": by_id.astype(np.int32)},
        ),
        layout.SHARD_AUTHORS: _write_grouped(
            folder / layout.SHARD_AUTHORS, items["author_id"][named], every_row[named], -every_row
        ),
        layout.SHARD_CATEGORIES: _write_grouped(
            folder / layout.SHARD_CATEGORIES, items["categories"][has_category], category_rows, rank
        ),
        layout.SHARD_POPULAR: _write_grouped(
            folder / layout.SHARD_POPULAR,
            *_popular_keys(items["region"], every_row, by_region),
            rank,
        ),
    }


def _popular_keys(
    region: npt.NDArray[np.int32], rows: npt.NDArray[np.int64], by_region: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Key 0 has every row; a region that items name, theirs and those that suit every region."""
    regions = np.unique(region[by_region])
    anywhere = rows[~by_region]
    keys = np.concatenate(
        (np.zeros(len(rows), np.int64), region[by_region], np.repeat(regions, len(anywhere)))
    )
    return keys, np.concatenate((rows, rows[by_region], np.tile(anywhere, len(regions))))


def _write_grouped(
    path: Path,
    keys: npt.NDArray[Any],
    rows: npt.NDArray[np.int64],
    rank: npt.NDArray[np.int64],
) -> int:
    """Write `key -> rows`, the rows of a key by ascending `rank[row]`."""
    order = np.lexsort((rank[rows], keys))
    keys, rows = keys[order], rows[order].astype(np.int32)
    distinct, first = np.unique(keys, return_index=True)
    return write_id_lists(path, distinct.tolist(), np.split(rows, first[1:]) if len(rows) else [])

"""Writes the shards of a world: columns, lists and the index."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speed.world.items import Columns, Items
from generation import layout
from generation.arrow_file import write_table
from generation.build_index import build_index
from generation.id_lists import write_id_lists
from generation.item_columns import SHARD_ITEM_COLUMNS
from generation.partition import partitions_of

Rows = npt.NDArray[np.int64]


def write_shards(
    working: Path, items: Items, shards: int, queries: npt.NDArray[np.float32], seed: int
) -> tuple[dict[str, int], float]:
    """Write all shards.

    Args:
        queries: `float32[k, dim]`, viewer vectors, for which recall has to suffice.

    Returns:
        Rows by file, and the smallest recall.
    """
    shard_of = partitions_of(items.columns["item_id"], shards)
    rows: dict[str, int] = {}
    recall = 1.0
    for shard in range(shards):
        mine = np.flatnonzero(shard_of == shard)
        created, ids = items.columns["created_ms"][mine], items.columns["item_id"][mine]
        order = mine[np.lexsort((ids, created))]
        columns = {c.name: items.columns[c.name][order] for c in SHARD_ITEM_COLUMNS}
        folder = working / layout.SHARD.format(shard=shard)
        for name, written in _write_columns(folder, columns).items():
            rows[f"{layout.SHARD.format(shard=shard)}/{name}"] = written
        known = np.arange(len(order), dtype=np.int32)
        vectors = columns["vector"].astype(np.float32)
        built = build_index(vectors, known, folder, queries=queries, seed=seed)
        recall = min(recall, built.recall_at_100)
    return rows, recall


def _write_columns(folder: Path, columns: Columns) -> dict[str, int]:
    count = len(columns["item_id"])
    every_row = np.arange(count)
    by_id = np.argsort(columns["item_id"], kind="stable")
    popular = np.lexsort((columns["item_id"], -columns["popularity"]))
    rank = np.empty(count, np.int64)
    rank[popular] = every_row
    has_category = columns["categories"] > 0
    category_rows = np.repeat(every_row, has_category.sum(axis=1))
    id_rows = {"item_id": columns["item_id"][by_id], "row": by_id.astype(np.int32)}
    return {
        layout.SHARD_ITEMS: write_table(folder / layout.SHARD_ITEMS, columns),
        layout.SHARD_ITEM_ROWS: write_table(folder / layout.SHARD_ITEM_ROWS, id_rows),
        layout.SHARD_AUTHORS: _write_grouped(
            folder / layout.SHARD_AUTHORS, columns["author_id"], every_row, -every_row
        ),
        layout.SHARD_CATEGORIES: _write_grouped(
            folder / layout.SHARD_CATEGORIES,
            columns["categories"][has_category],
            category_rows,
            rank,
        ),
        layout.SHARD_POPULAR: _write_popular(folder / layout.SHARD_POPULAR, columns, rank),
    }


def _write_popular(path: Path, columns: Columns, rank: Rows) -> int:
    """Key 0 has every row; a region its own and those that suit every region."""
    region, every_row = columns["region"], np.arange(len(rank))
    keys, rows = [np.zeros(len(rank), np.int64)], [every_row]
    for code in np.unique(region[region > 0]).tolist():
        here = np.flatnonzero((region == 0) | (region == code))
        keys.append(np.full(len(here), code))
        rows.append(here)
    return _write_grouped(path, np.concatenate(keys), np.concatenate(rows), rank)


def _write_grouped(path: Path, keys: npt.NDArray[Any], rows: Rows, rank: Rows) -> int:
    """Write `key -> rows`, the rows of a key by ascending `rank[row]`."""
    order = np.lexsort((rank[rows], keys))
    keys, rows = keys[order], rows[order].astype(np.int32)
    distinct, first = np.unique(keys, return_index=True)
    return write_id_lists(path, distinct.tolist(), np.split(rows, first[1:]))

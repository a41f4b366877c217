"""A shard of any size, written through the formats, for tests and timings of size."""

from pathlib import Path

import numpy as np

from generation import layout
from generation.arrow_file import write_table
from generation.build_index import build_index
from generation.id_lists import write_id_lists
from generation.index_parameters import IndexParameters
from generation.item_columns import EMBEDDING_DIM, SHARD_ITEM_COLUMNS
from tests.generation.tiny_generation import NOON_MS

MINUTE_MS = 60_000
CATEGORIES = 50
AUTHOR_ITEMS = 50
"""Items of each author."""


def write_large_shard(folder: Path, count: int, *, force: str | None = None) -> IndexParameters:
    """Items `0…count-1` a minute apart, one in twenty for followers, one in five of region 1."""
    rng = np.random.default_rng(7)
    item = np.arange(count)
    columns = {column.name: column.empty(count) for column in SHARD_ITEM_COLUMNS}
    columns["item_id"][:] = item
    columns["author_id"][:] = item % max(1, count // AUTHOR_ITEMS)
    columns["created_ms"][:] = NOON_MS - (count - item) * MINUTE_MS
    columns["categories"][:, 0] = 1 + rng.integers(CATEGORIES, size=count)
    columns["region"][:] = rng.integers(1, 6, size=count)
    columns["visibility"][:] = rng.random(count) < 0.05
    columns["popularity"][:] = rng.pareto(1.5, size=count)
    columns["counters"][:] = rng.gamma(1.0, 10.0, size=(count, 1))
    columns["has_vector"][:] = 1
    centres = rng.standard_normal((300, EMBEDDING_DIM))[rng.integers(300, size=count)]
    vectors = centres + 0.7 * rng.standard_normal((count, EMBEDDING_DIM))
    vectors *= rng.gamma(1.5, 1 / 8, size=(count, 1))
    columns["vector"][:] = vectors
    write_table(folder / layout.SHARD_ITEMS, columns)
    rows = item.astype(np.int32)
    write_table(folder / layout.SHARD_ITEM_ROWS, {"item_id": columns["item_id"], "row": rows})
    popular = np.argsort(-columns["popularity"], kind="stable")
    _write_grouped(folder / layout.SHARD_AUTHORS, columns["author_id"], item[::-1])
    _write_grouped(folder / layout.SHARD_CATEGORIES, columns["categories"][:, 0], popular)
    by_region = {0: popular} | {
        region: popular[columns["region"][popular] == region] for region in range(1, 6)
    }
    write_id_lists(folder / layout.SHARD_POPULAR, list(by_region), list(by_region.values()))
    queries = vectors[rng.integers(count, size=64)].astype(np.float32)
    return build_index(
        columns["vector"].astype(np.float32), rows, folder, queries=queries, seed=7, force=force
    )


def _write_grouped(path: Path, keys: np.ndarray, best_first: np.ndarray) -> None:
    order = best_first[np.argsort(keys[best_first], kind="stable")]
    distinct, first = np.unique(keys[order], return_index=True)
    write_id_lists(path, distinct.tolist(), np.split(order.astype(np.int32), first[1:]))

"""What a page shows of items and authors: one file each, by id."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from generation import layout
from generation.arrow_file import write_table
from generation.item_columns import VISIBILITIES
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.part_files import numbers, read_part

ITEM_TEXTS = ("region", "language", "title", "text", "media_url")
ITEM_NUMBERS = {"author_id": -1, "created_ms": 0, "group_id": -1, "duration_ms": 0}


def content_items(workplace: Workplace, facts: Facts, _task: int) -> Receipt:
    """Write `content/items.arrow`. One task, as it is one file; absent texts are empty."""
    names = ["item_id", *ITEM_NUMBERS, *ITEM_TEXTS, "visibility", "is_sensitive", "categories"]
    parts = [read_part(workplace.items, shard, names) for shard in range(facts.shards)]
    table = pa.concat_tables(parts)
    table = table.take(pa.array(np.argsort(numbers(table, "item_id", "i8"), kind="stable")))
    table = table.combine_chunks()
    words = pa.array(list(VISIBILITIES), pa.string())
    visibility = pc.index_in(table["visibility"], value_set=words)
    columns = {
        "item_id": numbers(table, "item_id", "i8"),
        **{name: numbers(table, name, "i8", empty) for name, empty in ITEM_NUMBERS.items()},
        "visibility": np.asarray(visibility).astype(np.uint8),
        "is_sensitive": numbers(table, "is_sensitive", "u1"),
        **{name: _one(pc.fill_null(table[name], "")) for name in ITEM_TEXTS},
        "categories": _one(table["categories"]).cast(pa.list_(pa.string())),
    }
    rows = write_table(workplace.output / layout.CONTENT_ITEMS, columns)
    return {"rows": {layout.CONTENT_ITEMS: rows}}


def content_authors(workplace: Workplace, files: list[Path], _task: int) -> Receipt:
    """Write `content/authors.arrow`: the authors that say how they are shown; of repeats the latest file's."""
    names = ["author_id", "display_name", "avatar_url"]
    table = pa.concat_tables(
        [pq.read_table(path, columns=names, partitioning=None) for path in files]
    )
    author_id = numbers(table, "author_id", "i8")
    order = np.argsort(author_id, kind="stable")
    is_last = np.append(np.diff(author_id[order]) != 0, [True])[: len(order)]
    table = table.take(pa.array(order[is_last])).combine_chunks()
    columns = {
        "author_id": numbers(table, "author_id", "i8"),
        **{name: _one(pc.fill_null(table[name], "")) for name in names[1:]},
    }
    rows = write_table(workplace.output / layout.CONTENT_AUTHORS, columns)
    return {"rows": {layout.CONTENT_AUTHORS: rows}}


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

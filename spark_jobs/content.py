"""What a page shows of items and authors: one file each, by id."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from generation import layout
from generation.arrow_file import write_table
from generation.item_columns import VISIBILITIES
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.coding import positions
from spark_jobs.engine import Receipt
from spark_jobs.part_files import numbers, one_array, read_part

ITEM_TEXTS = ("region", "language", "title", "text", "media_url")
ITEM_NUMBERS = {"author_id": -1, "created_ms": 0, "group_id": -1, "duration_ms": 0}


def content_items(workplace: Workplace, facts: Facts, _task: int) -> Receipt:
    """Write `content/items.arrow`. One task, as it is one file; absent texts are empty."""
    names = ["item_id", *ITEM_NUMBERS, *ITEM_TEXTS, "visibility", "is_sensitive", "categories"]
    parts = [read_part(workplace.items, shard, names) for shard in range(facts.shards)]
    table = pa.concat_tables(parts, promote_options="default")  # as to what may be null
    table = table.take(np.argsort(numbers(table, "item_id", "i8"), kind="stable"))
    visibility = positions(table["visibility"], tuple(VISIBILITIES))
    columns: dict[str, Any] = {
        "item_id": numbers(table, "item_id", "i8"),
        **{name: numbers(table, name, "i8", empty) for name, empty in ITEM_NUMBERS.items()},
        "visibility": visibility.astype(np.uint8),
        "is_sensitive": numbers(table, "is_sensitive", "u1"),
        **{name: _texts(table[name]) for name in ITEM_TEXTS},
        "categories": _lists(table["categories"]),
    }
    rows = write_table(workplace.output / layout.CONTENT_ITEMS, columns)
    return {"rows": {layout.CONTENT_ITEMS: rows}}


def content_authors(workplace: Workplace, files: list[Path], _task: int) -> Receipt:
    """Write `content/authors.arrow`: the authors that say how they are shown.

    Of an author that several files name, the last file counts.
    """
    names = ["author_id", "display_name", "avatar_url"]
    table = pa.concat_tables(
        [pq.read_table(path, columns=names, partitioning=None) for path in files],
        promote_options="default",
    )
    author_id = numbers(table, "author_id", "i8")
    order = np.argsort(author_id, kind="stable")
    is_last = np.append(np.diff(author_id[order]) != 0, [True])[: len(order)]
    table = table.take(order[is_last])
    columns: dict[str, Any] = {
        "author_id": numbers(table, "author_id", "i8"),
        **{name: _texts(table[name]) for name in names[1:]},
    }
    rows = write_table(workplace.output / layout.CONTENT_AUTHORS, columns)
    return {"rows": {layout.CONTENT_AUTHORS: rows}}


def _texts(column: Any) -> Any:
    """A text column as one array, empty where absent."""
    return one_array(column.fill_null(""))


def _lists(column: Any) -> Any:
    """A column of lists of texts as one array, whatever its file called the values."""
    return one_array(column.cast(pa.list_(pa.string())))

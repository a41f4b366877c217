"""Statistics of a shard's items, and its actions as coded events: one pass over both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from generation.arrow_file import find_rows, write_table
from generation.vocabulary import Vocabulary
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.coding import category_codes, name_codes, positions
from spark_jobs.engine import Receipt
from spark_jobs.events import EVENT_SCHEMA
from spark_jobs.item_sums import ItemSums
from spark_jobs.part_files import numbers, part_path, read_batches, read_part
from tables.schema import ACTION_NAMES

Longs = npt.NDArray[np.int64]

ACTION_COLUMNS = (
    "viewer_id", "item_id", "action", "occurred_ms", "value", "surface", "feed_id", "position",
    "device", "approximate_time", "action_id",
)  # fmt: skip
ACTION_ORDER = ("item_id", "viewer_id", "action_id", *(
    name for name in ACTION_COLUMNS if name not in ("item_id", "viewer_id", "action_id")
))  # fmt: skip
"""Every column takes part, so that equal rows in any order give the same file; repeats of one
`action_id` lie side by side."""

EVENT_ORDER = ("viewer_id", "occurred_ms", "item_id", "action", "value", "position", "surface",
               "device", "feed_id", "is_approximate")  # fmt: skip


def item_statistics(workplace: Workplace, facts: Facts, shard: int) -> Receipt:
    """Write `item_statistics/part-{shard}.arrow` and `events/part-{shard}.parquet`.

    The first has a row per item in the order of `items`: `counters` float32[15] and `popularity`
    float32 as of the data time, `positive_actions`, `impressions` float32, and `positive_viewers`
    int64: how many people, its author apart, acted positively.

    Raises:
        ValueError: an item occurs twice.
    """
    items = _ShardItems(workplace.items, shard, facts.vocabulary)
    sums = ItemSums(len(items.item_id), facts)
    dropped = Counts()
    target = part_path(workplace.events, shard)
    target.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(target, EVENT_SCHEMA, compression="zstd") as writer:
        for batch in _without_repeats(workplace.actions, shard, dropped):
            rows = items.find(numbers(batch, "item_id", "i8"))
            known = rows >= 0
            if not known.all():
                dropped.unknown_items += int((~known).sum())
                batch, rows = batch.filter(pa.array(known)), rows[known]
            events = _events(batch, rows, items, facts.vocabulary)
            sums.add(events, rows)
            writer.write_table(events)
    write_table(part_path(workplace.item_statistics, shard, "arrow"), sums.columns(items.item_id))
    return {"repeats": dropped.repeats, "unknown_items": dropped.unknown_items}


class Counts:
    """How many actions were left out: told twice, or on items that no table names."""

    def __init__(self) -> None:
        self.repeats = 0
        self.unknown_items = 0


class _ShardItems:
    """The facts of a shard's items that events carry, by row."""

    def __init__(self, folder: Path, shard: int, vocabulary: Vocabulary) -> None:
        table = read_part(folder, shard, ["item_id", "author_id", "created_ms", "categories"])
        self.item_id: Longs = numbers(table, "item_id", "i8")
        self.author_id: Longs = numbers(table, "author_id", "i8", -1)
        self.created_ms: Longs = numbers(table, "created_ms", "i8")
        self.categories = category_codes(table["categories"], vocabulary.categories)
        self._by_id: Longs = np.argsort(self.item_id, kind="stable")
        self._sorted_id = self.item_id[self._by_id]
        repeated = np.flatnonzero(np.diff(self._sorted_id) == 0)
        if len(repeated):
            raise ValueError(f"item {self._sorted_id[repeated[0]]} occurs twice in the items table")

    def find(self, item_id: Longs) -> Longs:
        """Row of each item; -1 where there is none."""
        at = find_rows(self._sorted_id, item_id)
        if not len(self._by_id):
            return at
        return np.where(at >= 0, self._by_id[at], -1)


def _without_repeats(folder: Path, shard: int, dropped: Counts) -> Iterator[pa.RecordBatch]:
    """The shard's actions; of those with the same viewer and action id only the first."""
    last: tuple[Any, Any, Any] | None = None
    for batch in read_batches(folder, shard, ACTION_COLUMNS):
        if not batch.num_rows:
            continue
        ids = batch.column("action_id")
        if ids.null_count < batch.num_rows:
            keys = [batch.column(name) for name in ("item_id", "viewer_id")]
            repeat = _repeats_previous(keys, ids)
            first = (keys[0][0].as_py(), keys[1][0].as_py(), ids[0].as_py())
            repeat[0] = last == first and first[2] is not None
            last = (keys[0][-1].as_py(), keys[1][-1].as_py(), ids[-1].as_py())
            dropped.repeats += int(repeat.sum())
            batch = batch.filter(pa.array(~repeat))
        yield batch


def _repeats_previous(keys: list[Any], ids: Any) -> npt.NDArray[np.bool_]:
    repeat = np.zeros(len(ids), bool)
    same = pc.fill_null(pc.equal(ids[1:], ids[:-1]), False).to_numpy(zero_copy_only=False)
    for key in keys:
        values = key.to_numpy()
        same = same & (values[1:] == values[:-1])
    repeat[1:] = same
    return repeat


def _events(
    batch: pa.RecordBatch, rows: Longs, items: _ShardItems, vocabulary: Vocabulary
) -> pa.Table:
    return pa.table(
        {
            "viewer_id": batch.column("viewer_id"),
            "item_id": batch.column("item_id"),
            "occurred_ms": batch.column("occurred_ms"),
            "action": pa.array(positions(batch.column("action"), ACTION_NAMES)),
            "value": batch.column("value"),
            "surface": pa.array(name_codes(batch.column("surface"), vocabulary.surfaces)),
            "device": pa.array(name_codes(batch.column("device"), vocabulary.devices)),
            "position": pa.array(numbers(batch, "position", "i4", -1)),
            "feed_id": batch.column("feed_id"),
            "is_approximate": batch.column("approximate_time"),
            "author_id": pa.array(items.author_id[rows]),
            "item_created_ms": pa.array(items.created_ms[rows]),
            "categories": items.categories.take(pa.array(rows)),
        },
        schema=EVENT_SCHEMA,
    )

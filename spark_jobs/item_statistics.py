"""Statistics of the items of one shard, and the shard's actions as coded events: one pass over both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from generation.arrow_file import find_rows, write_table
from generation.counters import COUNTED, COUNTER_COLUMNS, HORIZONS
from generation.item_columns import MAX_CATEGORIES
from generation.vocabulary import Names, Vocabulary
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.events import COUNTED_AS, EVENT_SCHEMA, IS_POSITIVE, is_own
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
    sums = _Sums(len(items.item_id), facts)
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
        self._by_id = np.argsort(self.item_id, kind="stable")
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


def category_codes(column: Any, names: Names) -> pa.ListArray:
    """The first `MAX_CATEGORIES` codes of every row's category names, repeats left out."""
    lists = [
        list(dict.fromkeys(filter(None, map(names.code, row or ()))))[:MAX_CATEGORIES]
        for row in column.to_pylist()
    ]
    return pa.array(lists, pa.list_(pa.int32()))


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
            "action": codes(batch.column("action"), ACTION_NAMES),
            "value": batch.column("value"),
            "surface": name_codes(batch.column("surface"), vocabulary.surfaces),
            "device": name_codes(batch.column("device"), vocabulary.devices),
            "position": pa.array(numbers(batch, "position", "i4", -1)),
            "feed_id": batch.column("feed_id"),
            "is_approximate": batch.column("approximate_time"),
            "author_id": pa.array(items.author_id[rows]),
            "item_created_ms": pa.array(items.created_ms[rows]),
            "categories": items.categories.take(pa.array(rows)),
        },
        schema=EVENT_SCHEMA,
    )


def codes(column: Any, names: tuple[str, ...]) -> pa.Array:
    """Position of every value in `names`, which has them all: `int32`."""
    return pc.index_in(column, value_set=pa.array(names, pa.string()))


def name_codes(column: Any, names: Names) -> pa.Array:
    """Vocabulary code of every value; 0 for null and unknown: `int32`."""
    at = pc.index_in(column, value_set=pa.array(names.names, pa.string()), skip_nulls=True)
    return pc.cast(pc.fill_null(pc.add(at, 1), 0), pa.int32())


class _Sums:
    """Running sums by item, added one event after another so that batches do not change a bit."""

    def __init__(self, rows: int, facts: Facts) -> None:
        self._facts = facts
        self._counters = np.zeros((rows, len(COUNTER_COLUMNS)))
        self._popularity = np.zeros(rows)
        self._positive_actions = np.zeros(rows)
        self._positive_viewers = np.zeros(rows, np.int64)
        self._last_positive = (-1, -1)

    def add(self, events: pa.Table, rows: Longs) -> None:
        viewer_id = numbers(events, "viewer_id", "i8")
        action = numbers(events, "action", "i4")
        age_ms = np.maximum(self._facts.data_time_ms - numbers(events, "occurred_ms", "i8"), 0)
        author_id = numbers(events, "author_id", "i8")
        counted = ~is_own(viewer_id, author_id, self._facts.authors_are_viewers)
        viewer_id, action, age_ms, rows = (x[counted] for x in (viewer_id, action, age_ms, rows))
        for number, horizon in enumerate(HORIZONS):
            cells = (rows, number * len(COUNTED) + COUNTED_AS[action])
            np.add.at(self._counters, cells, decayed(age_ms, horizon.half_life_ms))
        positive = IS_POSITIVE[action]
        viewer_id, age_ms, rows = (x[positive] for x in (viewer_id, age_ms, rows))
        np.add.at(self._popularity, rows, decayed(age_ms, self._facts.popularity_half_life_ms))
        np.add.at(self._positive_actions, rows, 1)
        self._count_viewers(viewer_id, rows)

    def _count_viewers(self, viewer_id: Longs, rows: Longs) -> None:
        """Events come by (item, viewer): a pair is new where it differs from the one before."""
        if not len(rows):
            return
        is_new = np.ones(len(rows), bool)
        is_new[1:] = (np.diff(rows) != 0) | (np.diff(viewer_id) != 0)
        is_new[0] = self._last_positive != (rows[0], viewer_id[0])
        self._last_positive = (int(rows[-1]), int(viewer_id[-1]))
        np.add.at(self._positive_viewers, rows[is_new], 1)

    def columns(self, item_id: Longs) -> dict[str, npt.NDArray[Any]]:
        return {
            "item_id": item_id,
            "counters": self._counters.astype(np.float32),
            "popularity": self._popularity.astype(np.float32),
            "impressions": self._counters[:, 0].astype(np.float32),
            "positive_actions": self._positive_actions.astype(np.float32),
            "positive_viewers": self._positive_viewers,
        }


def decayed(age_ms: Longs, half_life_ms: int) -> npt.NDArray[np.float64]:
    """What an event of this age still counts: `2 ** -(age / half_life)`, 1 without a half-life."""
    return np.exp2(-age_ms / half_life_ms) if half_life_ms else np.ones(len(age_ms))

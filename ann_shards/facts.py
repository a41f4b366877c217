"""The columns that travel with every item found: `generation.item_columns.CANDIDATE_COLUMNS`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ann_shards.halves import round_to_halves
from ann_shards.shard_items import Rows, ShardItems
from generation.compiled import (
    FLOAT32_ROWS,
    FLOAT32S,
    INT32_ROWS,
    INT32S,
    INT64,
    INT64_ROWS,
    INT64S,
    MAPPED_FLOAT32_ROWS,
    MAPPED_FLOAT32S,
    MAPPED_INT32_ROWS,
    MAPPED_INT32S,
    MAPPED_INT64S,
    MAPPED_UINT8S,
    MAPPED_UINT16_ROWS,
    NOTHING,
    UINT8_ROWS,
    UINT8S,
    UINT16_ROWS,
    compiled,
    fields,
    inlined,
    same,
)
from generation.counters import ageing_factors
from generation.item_columns import IDENTITY, ITEM_FACTS, STORED_FACTS, VECTOR

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

LONG_NAMES = [column.name for column in IDENTITY if (column.dtype, column.width) == ("i8", 1)]
CODE_NAMES = [column.name for column in IDENTITY if (column.dtype, column.width) == ("i4", 1)]
FLAG_NAMES = [column.name for column in IDENTITY if (column.dtype, column.width) == ("u1", 1)]
STORED_NAMES = [column.name for column in STORED_FACTS]
IDENTITY_NAMES = [column.name for column in IDENTITY]


class Columns(NamedTuple):
    """Columns of items by type: `longs` is a tuple of `int64[n]`, and so on."""

    longs: Any
    codes: Any
    flags: Any
    categories: Any
    vectors: Any
    stored: Any
    counters: Any

    @staticmethod
    def of(columns: Mapping[str, Array]) -> "Columns":
        """Vectors as the bits of their halves: compiled loops know no float16."""
        return Columns(
            tuple(columns[name] for name in LONG_NAMES),
            tuple(columns[name] for name in CODE_NAMES),
            tuple(columns[name] for name in FLAG_NAMES),
            columns["categories"],
            columns[VECTOR.name].view(np.uint16),
            tuple(columns[name] for name in STORED_NAMES),
            columns["counters"],
        )


class Gathered(NamedTuple):
    """Columns of the items found: `longs` is `int64[columns, n]`, and so on."""

    longs: Array
    codes: Array
    flags: Array
    categories: Array
    vectors: Array
    facts: Floats

    @staticmethod
    def of_size(count: int, like: Columns) -> "Gathered":
        return Gathered(
            np.empty((len(LONG_NAMES), count), np.int64),
            np.empty((len(CODE_NAMES), count), np.int32),
            np.empty((len(FLAG_NAMES), count), np.uint8),
            np.empty((count, like.categories.shape[1]), np.int32),
            np.empty((count, like.vectors.shape[1]), np.uint16),
            np.empty((count, len(ITEM_FACTS)), np.float32),
        )


MAPPED_COLUMNS = fields(
    Columns,
    same(MAPPED_INT64S, len(LONG_NAMES)),
    same(MAPPED_INT32S, len(CODE_NAMES)),
    same(MAPPED_UINT8S, len(FLAG_NAMES)),
    MAPPED_INT32_ROWS,
    MAPPED_UINT16_ROWS,
    same(MAPPED_FLOAT32S, len(STORED_NAMES)),
    MAPPED_FLOAT32_ROWS,
)
NEW_COLUMNS = fields(
    Columns,
    same(INT64S, len(LONG_NAMES)),
    same(INT32S, len(CODE_NAMES)),
    same(UINT8S, len(FLAG_NAMES)),
    INT32_ROWS,
    UINT16_ROWS,
    same(FLOAT32S, len(STORED_NAMES)),
    FLOAT32_ROWS,
)
GATHERED = fields(
    Gathered, INT64_ROWS, INT32_ROWS, UINT8_ROWS, INT32_ROWS, UINT16_ROWS, FLOAT32_ROWS
)


class CandidateColumns:
    """Gathers what travels, from the generation and from the delta."""

    def __init__(self, items: ShardItems, data_time_ms: int) -> None:
        """`data_time_ms` is what the generation's counters are as of."""
        self._items = items
        self._base = Columns.of(items.base.columns)
        self._data_time_ms = data_time_ms

    def of(self, rows: Rows, now_ms: int) -> dict[str, Array]:
        """All columns of ascending `rows`, counters aged to now and live ones added."""
        ageing = ageing_factors(now_ms - self._data_time_ms)
        gathered = Gathered.of_size(len(rows), self._base)
        old_count = gather_base(gathered, self._base, ageing, rows, self._items.base.count)
        if old_count < len(rows):
            new = Columns.of(self._items.delta.columns)
            gather_new(gathered, new, ageing, rows, self._items.base.count)
        return self._named(gathered, now_ms)

    def _named(self, gathered: Gathered, now_ms: int) -> dict[str, Array]:
        found = dict(zip(LONG_NAMES, gathered.longs, strict=True))
        found |= zip(CODE_NAMES, gathered.codes, strict=True)
        found |= zip(FLAG_NAMES, gathered.flags, strict=True)
        found["categories"] = gathered.categories
        columns = {name: found[name] for name in IDENTITY_NAMES}
        columns[VECTOR.name] = gathered.vectors.view(np.float16)
        facts = gathered.facts
        if len(self._items.live):
            live = self._items.live.of(columns["item_id"], now_ms)
            facts[:, len(STORED_NAMES) :] += live
        np.log1p(np.maximum(facts, 0, out=facts), out=facts)
        halves = np.empty(facts.shape, np.uint16)
        round_to_halves(facts, halves)
        columns["facts"] = halves.view(np.float16)
        return columns


@inlined
def gather_row(into: Gathered, columns: Columns, ageing: Floats, at: int, row: int) -> None:
    for column in range(len(columns.longs)):
        into.longs[column, at] = columns.longs[column][row]
    for column in range(len(columns.codes)):
        into.codes[column, at] = columns.codes[column][row]
    for column in range(len(columns.flags)):
        into.flags[column, at] = columns.flags[column][row]
    for column in range(columns.categories.shape[1]):
        into.categories[at, column] = columns.categories[row, column]
    for column in range(columns.vectors.shape[1]):
        into.vectors[at, column] = columns.vectors[row, column]
    for column in range(len(columns.stored)):
        into.facts[at, column] = columns.stored[column][row]
    for column in range(len(ageing)):
        counted = columns.counters[row, column] * ageing[column]
        into.facts[at, len(columns.stored) + column] = counted


@compiled(INT64, GATHERED, MAPPED_COLUMNS, FLOAT32S, INT64S, INT64)
def gather_base(
    into: Gathered, columns: Columns, ageing: Floats, rows: Rows, base_count: int
) -> int:
    """Fill in the rows of the generation, which come first; how many there are."""
    for at in range(len(rows)):
        if rows[at] >= base_count:
            return at
        gather_row(into, columns, ageing, at, rows[at])
    return len(rows)


@compiled(NOTHING, GATHERED, NEW_COLUMNS, FLOAT32S, INT64S, INT64)
def gather_new(
    into: Gathered, columns: Columns, ageing: Floats, rows: Rows, base_count: int
) -> None:
    """Fill in the rows of the delta."""
    for at in range(len(rows)):
        if rows[at] >= base_count:
            gather_row(into, columns, ageing, at, rows[at] - base_count)

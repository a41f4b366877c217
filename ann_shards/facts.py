"""The columns that travel with every item found: `generation.item_columns.CANDIDATE_COLUMNS`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.shard_items import Rows, ShardItems
from generation.compiled import (
    FLOAT32_ROWS,
    FLOAT32S,
    INT64S,
    MAPPED_FLOAT32_ROWS,
    MAPPED_FLOAT32S,
    compiled,
    same,
)
from generation.counters import ageing_factors
from generation.item_columns import IDENTITY, ITEM_FACTS, STORED_FACTS, VECTOR

Floats = npt.NDArray[np.float32]

IDENTITY_NAMES = [column.name for column in IDENTITY]
STORED_NAMES = [column.name for column in STORED_FACTS]
TRAVELLING = [*IDENTITY_NAMES, VECTOR.name]


def candidate_columns(
    items: ShardItems, rows: Rows, *, data_time_ms: int, now_ms: int
) -> dict[str, npt.NDArray[Any]]:
    """All columns of `rows`, counters aged to now and live ones added."""
    columns = dict(zip(TRAVELLING, items.columns(TRAVELLING, rows), strict=True))
    facts = _facts(items, rows, ageing_factors(now_ms - data_time_ms))
    if len(items.live):
        facts[:, len(STORED_NAMES) :] += items.live.of(columns["item_id"], now_ms)
    columns["facts"] = np.log1p(np.maximum(facts, 0, out=facts), out=facts).astype(np.float16)
    return columns


def _facts(items: ShardItems, rows: Rows, ageing: Floats) -> Floats:
    """Stored facts and counters aged to now, `float32[len(rows), len(ITEM_FACTS)]`."""
    base = items.base.columns
    if not len(items.delta) or (rows < items.base.count).all():
        return gather_facts(tuple(base[n] for n in STORED_NAMES), base["counters"], ageing, rows)
    *gathered, counters = items.columns([*STORED_NAMES, "counters"], rows)
    facts = np.empty((len(rows), len(ITEM_FACTS)), np.float32)
    facts[:, : len(STORED_NAMES)] = np.stack(gathered, axis=1)
    np.multiply(counters, ageing, out=facts[:, len(STORED_NAMES) :])
    return facts


@compiled(
    FLOAT32_ROWS,
    same(MAPPED_FLOAT32S, len(STORED_FACTS)),
    MAPPED_FLOAT32_ROWS,
    FLOAT32S,
    INT64S,
)
def gather_facts(
    stored: tuple[Floats, ...], counters: Floats, ageing: Floats, rows: Rows
) -> Floats:
    """Mapped `stored` columns, then `counters` times `ageing`, gathered by row."""
    facts = np.empty((len(rows), len(stored) + len(ageing)), np.float32)
    for at in range(len(rows)):
        row = rows[at]
        for fact in range(len(stored)):
            facts[at, fact] = stored[fact][row]
        for counter in range(len(ageing)):
            facts[at, len(stored) + counter] = counters[row, counter] * ageing[counter]
    return facts

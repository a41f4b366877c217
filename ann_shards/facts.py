"""The columns that travel with every item found: `generation.item_columns.CANDIDATE_COLUMNS`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.shard_items import Rows, ShardItems
from generation.counters import ageing_factors
from generation.item_columns import IDENTITY, ITEM_FACTS, STORED_FACTS, VECTOR


def candidate_columns(
    items: ShardItems, rows: Rows, *, data_time_ms: int, now_ms: int
) -> dict[str, npt.NDArray[Any]]:
    """All columns of `rows`, counters aged to now and live ones added."""
    columns = {column.name: items.column(column.name, rows) for column in IDENTITY}
    facts = np.empty((len(rows), len(ITEM_FACTS)), np.float32)
    for at, column in enumerate(STORED_FACTS):
        facts[:, at] = items.column(column.name, rows)
    counters = facts[:, len(STORED_FACTS) :]
    np.multiply(items.column("counters", rows), ageing_factors(now_ms - data_time_ms), out=counters)
    if len(items.live):
        counters += items.live.of(columns["item_id"], now_ms)
    columns["facts"] = np.log1p(np.maximum(facts, 0, out=facts), out=facts).astype(np.float16)
    columns[VECTOR.name] = items.column(VECTOR.name, rows)
    return columns

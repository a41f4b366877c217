"""The columns that travel with every item found: `generation.item_columns.CANDIDATE_COLUMNS`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.shard_items import Rows, ShardItems
from generation.counters import ageing_factors
from generation.item_columns import IDENTITY, ITEM_FACTS, STORED_FACTS, VECTOR

IDENTITY_NAMES = [column.name for column in IDENTITY]
GATHERED = [*IDENTITY_NAMES, *(column.name for column in STORED_FACTS), "counters", VECTOR.name]


def candidate_columns(
    items: ShardItems, rows: Rows, *, data_time_ms: int, now_ms: int
) -> dict[str, npt.NDArray[Any]]:
    """All columns of `rows`, counters aged to now and live ones added."""
    *gathered, counters, vectors = items.columns(GATHERED, rows)
    columns = dict(zip(IDENTITY_NAMES, gathered, strict=False))
    facts = np.empty((len(rows), len(ITEM_FACTS)), np.float32)
    for at, stored in enumerate(gathered[len(IDENTITY) :]):
        facts[:, at] = stored
    aged = facts[:, len(STORED_FACTS) :]
    np.multiply(counters, ageing_factors(now_ms - data_time_ms), out=aged)
    if len(items.live):
        aged += items.live.of(columns["item_id"], now_ms)
    columns["facts"] = np.log1p(np.maximum(facts, 0, out=facts), out=facts).astype(np.float16)
    columns[VECTOR.name] = vectors
    return columns

"""The floor for when all else fails: public, non-sensitive popular items by region and category."""

from typing import Any

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import Lists, MappedTable, write_table
from generation.item_columns import PUBLIC
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Receipt

ALL = 0
MAX_IN_REGION = 500
MAX_IN_CATEGORY = 100

Longs = npt.NDArray[np.int64]


def popular_floor(workplace: Workplace, facts: Facts, _task: int) -> Receipt:
    """Write `popular/floor.arrow`. Region 0 has the items of every region; another region its own
    and those that suit every region. One task; a shard gives at most what one list may hold.
    """
    chunks = [
        _candidates(workplace, shard, region)
        for shard in range(facts.shards)
        for region in range(len(facts.vocabulary.regions) + 1)
    ]
    region, category, item_id, score = (
        np.concatenate(parts) for parts in zip(*chunks, strict=True)
    )
    order = np.lexsort((item_id, -score, category, region))
    region, category, item_id, score = (x[order] for x in (region, category, item_id, score))
    key = region * (category.max(initial=0) + 1) + category
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    rank = np.arange(len(key)) - first[group]
    keep = rank < np.where(category == ALL, MAX_IN_REGION, MAX_IN_CATEGORY)
    offsets = np.zeros(len(first) + 1, np.int32)
    np.cumsum(np.bincount(group[keep], minlength=len(first)), out=offsets[1:])
    columns: dict[str, Any] = {
        "region": region[first].astype(np.int32),
        "category": category[first].astype(np.int32),
        "item_ids": Lists(offsets, item_id[keep]),
        "scores": Lists(offsets, score[keep]),
    }
    rows = write_table(workplace.output / layout.POPULAR_FLOOR, columns)
    return {"rows": {layout.POPULAR_FLOOR: rows}}


def _candidates(
    workplace: Workplace, shard: int, region: int
) -> tuple[Longs, Longs, Longs, npt.NDArray[np.float32]]:
    """Region, category, item and popularity of the shard's best for every list of a region."""
    items = MappedTable(workplace.output / layout.SHARD.format(shard=shard) / layout.SHARD_ITEMS)
    suits = (items.array("visibility") == PUBLIC) & (items.array("is_sensitive") == 0)
    if region:
        suits &= np.isin(items.array("region"), (0, region))
    rows = np.flatnonzero(suits)
    popularity = items.array("popularity")
    rows = rows[np.lexsort((items.array("item_id")[rows], -popularity[rows]))]
    categories = items.array("categories")[rows]
    place, column = np.nonzero(categories)
    category = categories[place, column].astype(np.int64)
    order = np.argsort(category, kind="stable")
    category, place = category[order], place[order]
    _, first, group = np.unique(category, return_index=True, return_inverse=True)
    best = np.arange(len(category)) - first[group] < MAX_IN_CATEGORY
    chosen = np.concatenate([rows[:MAX_IN_REGION], rows[place[best]]])
    all_categories = np.full(len(rows[:MAX_IN_REGION]), ALL, np.int64)
    return (
        np.full(len(chosen), region, np.int64),
        np.concatenate([all_categories, category[best]]),
        items.array("item_id")[chosen],
        popularity[chosen],
    )

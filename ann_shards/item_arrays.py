"""What compiled loops read of a shard's items, of the generation and of the delta."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ann_shards.base_items import BaseItems
from generation.compiled import (
    BOOLS,
    FLOAT32S,
    FLOAT64,
    FLOAT64S,
    INT32_ROWS,
    INT64,
    INT64S,
    MAPPED_FLOAT32S,
    MAPPED_INT32_ROWS,
    MAPPED_INT32S,
    MAPPED_INT64S,
    UINT8S,
    fields,
    inlined,
)
from generation.id_lists import IdLists
from serving.clock import DAY_MS

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class ItemArrays(NamedTuple):
    """Rows below `base_count` index the generation's arrays, others the `new_` arrays.

    Attributes:
        live_ids: Items with live counters, ascending; `live_slots` is where each one's are.
        live_positives: Per slot, recent positives as of one common time.
    """

    base_count: int
    item_ids: Ids
    new_item_ids: Ids
    created_ms: Ids
    new_created_ms: Ids
    author_ids: Ids
    new_author_ids: Ids
    categories: npt.NDArray[np.int32]
    new_categories: npt.NDArray[np.int32]
    popularity: Floats
    new_popularity: Floats
    live_ids: Ids
    live_slots: Ids
    live_positives: npt.NDArray[np.float64]


class EligibleArrays(NamedTuple):
    """Which rows a request may find: bits of the generation's rows, flags of the delta's slots."""

    base_count: int
    bits: npt.NDArray[np.uint8]
    new_flags: npt.NDArray[np.bool_]


class ListArrays(NamedTuple):
    """Lists of rows by key, as in `IdLists`."""

    keys: Ids
    offsets: npt.NDArray[np.int32]
    values: npt.NDArray[np.int32]

    @staticmethod
    def of(lists: IdLists) -> "ListArrays":
        return ListArrays(lists.keys, lists.offsets, lists.values)


class BaseLists(NamedTuple):
    """Where a generation's items are found by something else than a vector."""

    sorted_ids: Ids
    rows_by_id: npt.NDArray[np.int32]
    authors: ListArrays
    categories: ListArrays
    popular: ListArrays
    last_category: int

    @staticmethod
    def of(base: BaseItems, last_category: int) -> "BaseLists":
        """`last_category` is the largest category code of any item, new ones included."""
        return BaseLists(
            base.sorted_ids,
            base.rows_by_id,
            ListArrays.of(base.authors),
            ListArrays.of(base.categories),
            ListArrays.of(base.popular),
            last_category,
        )


class LiveRows(NamedTuple):
    """What the bus said that no list of the generation knows.

    Attributes:
        popular_rows: Of `ShardItems.live_popular_rows`.
        factor: See `LiveCounters.positives_factor`.
        new_rows_of_ids: Parallel to `part_ids` of the question, the rows of those that are in the
            delta, negative for others; or empty.
    """

    popular_rows: Ids
    factor: float
    new_rows_of_ids: Ids


ITEM_ARRAYS = fields(
    ItemArrays,
    INT64,
    MAPPED_INT64S,
    INT64S,
    MAPPED_INT64S,
    INT64S,
    MAPPED_INT64S,
    INT64S,
    MAPPED_INT32_ROWS,
    INT32_ROWS,
    MAPPED_FLOAT32S,
    FLOAT32S,
    INT64S,
    INT64S,
    FLOAT64S,
)
ELIGIBLE_ARRAYS = fields(EligibleArrays, INT64, UINT8S, BOOLS)
LIST_ARRAYS = fields(ListArrays, MAPPED_INT64S, MAPPED_INT32S, MAPPED_INT32S)
BASE_LISTS = fields(
    BaseLists, MAPPED_INT64S, MAPPED_INT32S, LIST_ARRAYS, LIST_ARRAYS, LIST_ARRAYS, INT64
)
LIVE_ROWS = fields(LiveRows, INT64S, FLOAT64, INT64S)


@inlined
def is_eligible(eligible: EligibleArrays, row: int) -> bool:
    if row < 0:
        return False
    if row < eligible.base_count:
        return bool((eligible.bits[row >> 3] >> (row & 7)) & 1)
    return bool(eligible.new_flags[row - eligible.base_count])


@inlined
def item_id_of(items: ItemArrays, row: int) -> int:
    if row < items.base_count:
        return int(items.item_ids[row])
    return int(items.new_item_ids[row - items.base_count])


@inlined
def freshness_of(items: ItemArrays, row: int, now_ms: int) -> np.float32:
    """`1 / (1 + age in days)`; a future item counts as brand new."""
    if row < items.base_count:
        created_ms = items.created_ms[row]
    else:
        created_ms = items.new_created_ms[row - items.base_count]
    return np.float32(1 / (1 + max(now_ms - created_ms, 0) / DAY_MS))


@inlined
def popularity_of(items: ItemArrays, row: int, live_factor: float) -> np.float32:
    """Of the generation, plus live positives aged by `live_factor`."""
    if row < items.base_count:
        popularity = items.popularity[row]
    else:
        popularity = items.new_popularity[row - items.base_count]
    if len(items.live_ids) == 0:
        return np.float32(popularity)
    item_id = item_id_of(items, row)
    at = np.searchsorted(items.live_ids, item_id)
    if at == len(items.live_ids) or items.live_ids[at] != item_id:
        return np.float32(popularity)
    return np.float32(popularity + items.live_positives[items.live_slots[at]] * live_factor)


@inlined
def boost_of_row(items: ItemArrays, boosts: Floats, row: int) -> np.float32:
    """The largest boost of a row's categories; `boosts` is by category code."""
    largest = np.float32(0)
    for axis in range(items.categories.shape[1]):
        if row < items.base_count:
            code = items.categories[row, axis]
        else:
            code = items.new_categories[row - items.base_count, axis]
        if boosts[code] > largest:
            largest = boosts[code]
    return largest

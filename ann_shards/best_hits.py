"""The best of many scored rows, in the one order that every part and shard agrees on."""

import numpy as np
import numpy.typing as npt

from ann_shards.item_arrays import (
    EligibleArrays,
    ItemArrays,
    is_eligible,
    item_id_of,
)
from generation.compiled import (
    INT32S,
    INT64S,
    compiled,
    several,
    step,
)
from generation.id_table import NOWHERE, empty_table, slot_of

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
RowsAndScores = tuple[Rows, Floats]


@step
def is_better(scores: Floats, item_ids: Rows, one: int, other: int) -> bool:
    if scores[one] != scores[other]:
        return bool(scores[one] > scores[other])
    return bool(item_ids[one] < item_ids[other])


@step
def sink(heap: Rows, size: int, at: int, scores: Floats, item_ids: Rows) -> None:
    """Restore the heap, worst on top, below place `at`."""
    while True:
        worst = at
        for child in (2 * at + 1, 2 * at + 2):
            if child < size and is_better(scores, item_ids, heap[worst], heap[child]):
                worst = child
        if worst == at:
            return
        heap[at], heap[worst] = heap[worst], heap[at]
        at = worst


@step
def best_places(scores: Floats, item_ids: Rows, limit: int) -> Rows:
    """Places of the best `limit`, best first: a heap of the best so far, the worst on top."""
    size = min(limit, len(scores))
    heap = np.arange(size)
    for at in range(size // 2 - 1, -1, -1):
        sink(heap, size, at, scores, item_ids)
    for place in range(size, len(scores)):
        if is_better(scores, item_ids, place, heap[0]):
            heap[0] = place
            sink(heap, size, 0, scores, item_ids)
    for end in range(size - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sink(heap, end, 0, scores, item_ids)
    return heap


@step
def best_of(items: ItemArrays, rows: Rows, scores: Floats, limit: int) -> RowsAndScores:
    """The best `limit` of distinct rows."""
    item_ids = np.empty(len(rows), np.int64)
    for at in range(len(rows)):
        item_ids[at] = item_id_of(items, rows[at])
    places = best_places(scores, item_ids, limit)
    return rows[places], scores[places]


@step
def best_of_queries(
    items: ItemArrays,
    eligible: EligibleArrays,
    found_rows: Rows,
    found_scores: Floats,
    limit: int,
) -> RowsAndScores:
    """All queries' eligible rows as one list; a row near several of them has its best score.

    Args:
        found_rows, found_scores: Of all queries; places without a row hold a negative one.
    """
    most = len(found_rows)
    rows, scores = np.empty(most, np.int64), np.empty(most, np.float32)
    table = empty_table(most)
    count = 0
    for at in range(most):
        row = found_rows[at]
        if not is_eligible(eligible, row):
            continue
        slot = slot_of(table, rows, row)
        if table[slot] == NOWHERE:
            table[slot] = count
            rows[count], scores[count] = row, found_scores[at]
            count += 1
        elif found_scores[at] > scores[table[slot]]:
            scores[table[slot]] = found_scores[at]
    return best_of(items, rows[:count], scores[:count], limit)


@compiled(several(INT64S, INT32S), INT64S, INT64S)
def distinct_rows(ascending: Rows, rows: Rows) -> tuple[Rows, npt.NDArray[np.int32]]:
    """Each row once, ascending, and for each of `rows` its position among them.

    Args:
        ascending: The same rows, sorted: numpy sorts several times as fast as a loop here would.
    """
    distinct = np.empty(len(rows), np.int64)
    count = 0
    for row in ascending:
        if count == 0 or distinct[count - 1] != row:
            distinct[count] = row
            count += 1
    distinct = distinct[:count]
    return distinct, np.searchsorted(distinct, rows).astype(np.int32)

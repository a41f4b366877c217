"""What all parts of a request find in a shard, in one loop. Scores are as `PartKind` says."""

import numpy as np
import numpy.typing as npt

from ann_shards.base_items import rows_of_ids
from ann_shards.best_hits import RowsAndScores, best_of, best_of_queries
from ann_shards.item_arrays import (
    BASE_LISTS,
    ELIGIBLE_ARRAYS,
    ITEM_ARRAYS,
    LIVE_ROWS,
    BaseLists,
    EligibleArrays,
    ItemArrays,
    LiveRows,
    is_eligible,
)
from ann_shards.list_scan import author_hits, category_hits, fresh_hits, popular_hits
from ann_shards.question import QUESTION_ARRAYS, QuestionArrays
from ann_shards.row_bits import last_rows
from generation.compiled import (
    FLOAT32S,
    INT64S,
    compiled,
    fields,
    several,
    step,
)
from generation.sorted_ids import places_of
from generation.vector_index import Nearest
from serving.contracts.shard import PartKind

POOL_FACTOR = 2
"""Rows scored per hit wanted where a list's order is not quite the score's."""

NEWEST_ROWS = 2_000
"""Newest eligible rows looked through for a category: what is too new to be popular yet. Not below
`MAX_LIMIT`, as the newest themselves are a part, too."""

ALL_REGIONS = 0
VECTORS, AUTHORS, ITEMS = int(PartKind.VECTORS), int(PartKind.AUTHORS), int(PartKind.ITEMS)
CATEGORIES, POPULAR = int(PartKind.CATEGORIES), int(PartKind.POPULAR)

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


NEAREST = fields(Nearest, INT64S, FLOAT32S, INT64S)


@step
def new_rows_of(eligible: EligibleArrays) -> Rows:
    """The eligible rows of the delta."""
    return np.flatnonzero(eligible.new_flags) + eligible.base_count


@step
def item_hits(
    items: ItemArrays,
    eligible: EligibleArrays,
    lists: BaseLists,
    keys: Rows,
    weights: Floats,
    new_rows_of_ids: Rows,
    limit: int,
) -> RowsAndScores:
    """Those of some items that are eligible. `new_rows_of_ids` is parallel to `keys` or empty."""
    rows = rows_of_ids(lists.sorted_ids, lists.rows_by_id, keys)
    scores = np.empty(len(rows), np.float32)
    count = 0
    for at in range(len(rows)):
        row = rows[at]
        if len(new_rows_of_ids) and new_rows_of_ids[at] >= 0:
            row = new_rows_of_ids[at]
        if is_eligible(eligible, row):
            rows[count], scores[count] = row, weights[at]
            count += 1
    return best_of(items, rows[:count], scores[:count], limit)


@step
def boosts_by_category(last_category: int, keys: Rows, weights: Floats) -> Floats:
    """Per category code what its items' scores are multiplied with; 0 where nobody asked."""
    boosts = np.zeros(last_category + 1, np.float32)
    for at in range(len(keys)):
        if 0 <= keys[at] <= last_category:
            boosts[keys[at]] = 1 + weights[at]
    return boosts


@step
def regions_of(region: int) -> Rows:
    """The lists of popular items that serve a viewer, the first choice first."""
    if region == ALL_REGIONS:
        return np.full(1, ALL_REGIONS, np.int64)
    return np.array([region, ALL_REGIONS], np.int64)


@compiled(
    several(INT64S, FLOAT32S, INT64S),
    ITEM_ARRAYS,
    ELIGIBLE_ARRAYS,
    BASE_LISTS,
    LIVE_ROWS,
    NEAREST,
    QUESTION_ARRAYS,
)
def find_parts(
    items: ItemArrays,
    eligible: EligibleArrays,
    lists: BaseLists,
    live: LiveRows,
    nearest: Nearest,
    question: QuestionArrays,
) -> tuple[Rows, Floats, Rows]:
    """Distinct eligible rows of every part, best first; ties by smaller item id.

    Returns:
        Rows and scores of all parts, and where they end: part `p` has `[ends[p]:ends[p + 1]]`.
    """
    count = len(question.kinds)
    most = question.limits.sum()
    rows, scores = np.empty(most, np.int64), np.empty(most, np.float32)
    ends = np.zeros(count + 1, np.int64)
    new_rows, newest = new_rows_of(eligible), last_rows(eligible.bits, NEWEST_ROWS)
    searched = 0
    for part in range(count):
        kind, limit = question.kinds[part], question.limits[part]
        first, last = question.part_ends[part], question.part_ends[part + 1]
        keys, weights = question.part_ids[first:last], question.part_weights[first:last]
        if kind == VECTORS:
            start, end = nearest.ends[searched], nearest.ends[searched + 1]
            near, products = nearest.rows[start:end], nearest.scores[start:end]
            hits, values = best_of_queries(items, eligible, near, products, limit)
            searched += 1
        elif kind == AUTHORS:
            hits, values = author_hits(
                items, eligible, lists.authors, keys, weights, new_rows, question.now_ms, limit
            )
        elif kind == ITEMS:
            known = live.new_rows_of_ids[first:last]
            hits, values = item_hits(items, eligible, lists, keys, weights, known, limit)
        elif kind == CATEGORIES:
            hits, values = category_hits(
                items,
                eligible,
                lists.categories,
                places_of(lists.categories.keys, keys),
                boosts_by_category(lists.last_category, keys, weights),
                newest,
                new_rows,
                live.factor,
                question.now_ms,
                POOL_FACTOR * limit,
                limit,
            )
        elif kind == POPULAR:
            hits, values = popular_hits(
                items,
                eligible,
                lists.popular,
                places_of(lists.popular.keys, regions_of(question.region)),
                np.concatenate((new_rows, live.popular_rows)),
                live.factor,
                POOL_FACTOR * limit,
                limit,
            )
        else:
            hits, values = fresh_hits(items, newest, new_rows, question.now_ms, limit)
        found = ends[part]
        ends[part + 1] = found + len(hits)
        rows[found : ends[part + 1]] = hits
        scores[found : ends[part + 1]] = values
    return rows[: ends[count]], scores[: ends[count]], ends

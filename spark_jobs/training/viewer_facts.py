"""What was known of a viewer just before each training row: totals, habits and recent positives."""

from typing import Any

import numpy as np
import numpy.typing as npt

from features.fold_in import fold_in_many
from features.inputs import Floats
from generation.arrow_file import MappedTable, find_rows
from generation.counters import COUNTED
from generation.viewer_columns import MAX_POSITIVES, MAX_SEEN, RECENT_ITEMS, VIEWER_TOTALS
from spark_jobs.events import COUNTED_AS, IMPRESSION, IS_NEGATIVE
from spark_jobs.history import History
from spark_jobs.pairs import pair_codes
from spark_jobs.training.as_of import exploded, latest_distinct, ranges_before, sums_before
from spark_jobs.training.hashing import mixed_bits
from spark_jobs.training.plan import TrainingPlan
from tables.schema import ACTION_NAMES

Longs = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

CLICK = ACTION_NAMES.index("click")
WINDOW_MS = 300_000
MS_PER_S = 1_000.0
NEVER_MS = np.iinfo(np.int64).max


def totals_before(history: History, viewer_id: Longs, asked_ms: Longs) -> Floats:
    """`float32[q, 7]` in the order of VIEWER_TOTALS."""
    rows = np.flatnonzero(history.counted)
    action, value = history.action[rows], history.value[rows]
    amounts = np.zeros((len(rows), len(VIEWER_TOTALS)))
    amounts[np.arange(len(rows)), COUNTED_AS[action]] = 1
    dwelt = (action == IMPRESSION) & ~np.isnan(value)
    amounts[dwelt, len(COUNTED)] = value[dwelt] / MS_PER_S
    amounts[dwelt, len(COUNTED) + 1] = 1
    times = history.occurred_ms[rows]
    sums = sums_before(history.viewer_id[rows], times, amounts, viewer_id, asked_ms)
    return sums.astype(np.float32)


def recent_before(history: History, viewer_id: Longs, asked_ms: Longs) -> Columns:
    """`clicks_5m`, `views_5m`, `categories_5m` float32[q], `last_action_ms` int64[q]."""
    rows = np.flatnonzero(history.counted)
    action, times = history.action[rows], history.occurred_ms[rows]
    amounts = np.stack([action == CLICK, action == IMPRESSION], axis=1).astype(np.float64)
    until, since = (
        sums_before(history.viewer_id[rows], times, amounts, viewer_id, ms)
        for ms in (asked_ms, asked_ms - WINDOW_MS)
    )
    clicks, views = (until - since).astype(np.float32).T
    start, end = ranges_before(history.viewer_id, history.occurred_ms, viewer_id, asked_ms)
    last = np.where(end > start, history.occurred_ms[np.maximum(end, 1) - 1], 0)
    return {
        "clicks_5m": clicks,
        "views_5m": views,
        "categories_5m": _categories_clicked(history, viewer_id, asked_ms),
        "last_action_ms": last,
    }


def habit_before(history: History, viewer_id: Longs, asked_ms: Longs) -> Columns:
    """`items_seen`, `recent_seen`, `recent_positives` float32[q], over all of the history."""
    pair = _dense_pairs(history)
    liked_ms, disliked_ms = (
        _first_ms(pair, history.occurred_ms, kind)
        for kind in (history.positive, IS_NEGATIVE[history.action])
    )
    start, end = ranges_before(history.viewer_id, history.occurred_ms, viewer_id, asked_ms)
    is_first = np.zeros(len(pair), bool)
    is_first[np.unique(pair, return_index=True)[1]] = True
    firsts = np.concatenate([[0], np.cumsum(is_first)])
    always = np.full(len(pair), NEVER_MS)
    which, row = latest_distinct(_next_row(pair), always, start, end, asked_ms, RECENT_ITEMS)
    liked = (liked_ms[row] < asked_ms[which]) & (disliked_ms[row] >= asked_ms[which])
    return {
        "items_seen": np.minimum(firsts[end] - firsts[start], MAX_SEEN).astype(np.float32),
        "recent_seen": np.bincount(which, minlength=len(start)).astype(np.float32),
        "recent_positives": np.bincount(which, liked, len(start)).astype(np.float32),
    }


def _dense_pairs(history: History) -> Longs:
    """A number from 0 for each distinct viewer and item, `int64[n]`."""
    _, pair = np.unique(pair_codes((history.viewer_id, history.item_id))[0], return_inverse=True)
    return pair


def _first_ms(pair: Longs, ms: Longs, kind: npt.NDArray[np.bool_]) -> Longs:
    """When an event of a kind first happened to the pair of each row; `NEVER_MS` if never."""
    first = np.full(pair.max(initial=-1) + 1, NEVER_MS)
    np.minimum.at(first, pair[kind], ms[kind])
    return first[pair]


def _next_row(pair: Longs) -> Longs:
    """Row of the next event of the same pair; the number of rows if there is none."""
    order = np.argsort(pair, kind="stable")
    following = np.full(len(pair), len(pair))
    again = np.flatnonzero(np.diff(pair[order]) == 0)
    following[order[again]] = order[again + 1]
    return following


def _categories_clicked(history: History, viewer_id: Longs, asked_ms: Longs) -> Floats:
    """Distinct main categories clicked in the window before each question."""
    main = np.zeros(len(history.viewer_id), np.int64)
    is_first = np.diff(history.category_events, prepend=-1) != 0
    main[history.category_events[is_first]] = history.category_codes[is_first]
    rows = np.flatnonzero(history.counted & (history.action == CLICK) & (main > 0))
    viewers, times = history.viewer_id[rows], history.occurred_ms[rows]
    _, end = ranges_before(viewers, times, viewer_id, asked_ms)
    _, start = ranges_before(viewers, times, viewer_id, asked_ms - WINDOW_MS)
    which, row = exploded(start, end)
    distinct = np.unique(np.stack([which, main[rows][row]], axis=1), axis=0)
    return np.bincount(distinct[:, 0], minlength=len(viewer_id)).astype(np.float32)


def counts_before(
    history: History,
    rows: Longs,
    other: Longs,
    viewer_id: Longs,
    asked_other: Longs,
    asked_ms: Longs,
) -> tuple[Floats, Floats]:
    """The viewer's impressions and positives of a category or an author: `float32[q]` each.

    Args:
        rows: Events that count, `int64[e]`; one may be there several times.
        other: What each is of, `int64[e]`.
        asked_other: What is asked about, `int64[q]`.
    """
    event, asked = pair_codes((history.viewer_id[rows], other), (viewer_id, asked_other))
    kinds = [history.action[rows] == IMPRESSION, history.positive[rows]]
    amounts = np.stack(kinds, axis=1).astype(np.float64)
    sums = sums_before(event, history.occurred_ms[rows], amounts, asked, asked_ms)
    impressions, positives = sums.astype(np.float32).T
    return impressions, positives


def vectors_before(
    plan: TrainingPlan, history: History, block: int, viewer_id: Longs, asked_ms: Longs
) -> Floats:
    """Viewers folded in from their latest positives, with a block's vectors: `float32[q, dim]`."""
    served = MappedTable(plan.vectors(block) / "served.arrow")
    gram = MappedTable(plan.vectors(block) / "gram.arrow").array("row")
    which, item_id = _latest_positives(history, viewer_id, asked_ms)
    item = find_rows(served.array("item_id"), item_id)
    which, item = which[item >= 0], item[item >= 0]
    order = np.lexsort((item, which))
    which, item = which[order], item[order]
    asked, of_set = _distinct_sets(which, item, len(viewer_id))
    first = np.searchsorted(which, np.arange(len(viewer_id) + 1))
    lengths = (first[1:] - first[:-1])[asked]
    _, rows = exploded(first[:-1][asked], first[1:][asked])
    vectors = served.array("vector")[item[rows]].astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    weights = np.ones(len(rows), np.float32)
    folded = fold_in_many(vectors, starts, gram, weights, plan.alpha, plan.regularization)
    return folded[of_set]


def _latest_positives(history: History, viewer_id: Longs, asked_ms: Longs) -> tuple[Longs, Longs]:
    """`(which question, item)` of the latest positives that stood."""
    rows = np.flatnonzero(history.positive)
    pair = _dense_pairs(history)
    disliked_ms = _first_ms(pair, history.occurred_ms, IS_NEGATIVE[history.action])[rows]
    viewers, times = history.viewer_id[rows], history.occurred_ms[rows]
    start, end = ranges_before(viewers, times, viewer_id, asked_ms)
    following = _next_row(pair[rows])
    which, row = latest_distinct(following, disliked_ms, start, end, asked_ms, MAX_POSITIVES)
    return which, history.item_id[rows][row]


def _distinct_sets(which: Longs, item: Longs, count: int) -> tuple[Longs, Longs]:
    """Questions with the same items share one answer, which is the larger part of the work saved.

    Sets are told apart by the sum of 64-bit hashes of their items.

    Returns:
        `(first question of each set, set of each question)`.
    """
    sums = np.zeros(count, np.uint64)
    np.add.at(sums, which, mixed_bits(item.view(np.uint64)))
    _, asked, of_set = np.unique(sums, return_index=True, return_inverse=True)
    return asked, of_set

"""What was known of a viewer just before each training row: totals, habits and recent positives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.fold_in import fold_in_many
from features.inputs import Floats
from generation.arrow_file import MappedTable, find_rows
from generation.counters import COUNTED
from generation.viewer_columns import MAX_POSITIVES, VIEWER_TOTALS
from spark_jobs.events import COUNTED_AS, IMPRESSION, IS_NEGATIVE
from spark_jobs.history import History
from spark_jobs.pairs import pair_codes
from spark_jobs.training.as_of import exploded, ranges_before, sums_before
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
    amounts = np.zeros((len(history.viewer_id), len(VIEWER_TOTALS)))
    amounts[np.arange(len(amounts)), COUNTED_AS[history.action]] = 1
    dwelt = (history.action == IMPRESSION) & ~np.isnan(history.value)
    amounts[dwelt, len(COUNTED)] = history.value[dwelt] / MS_PER_S
    amounts[dwelt, len(COUNTED) + 1] = 1
    sums = sums_before(history.viewer_id, history.occurred_ms, amounts, viewer_id, asked_ms)
    return sums.astype(np.float32)


def recent_before(history: History, viewer_id: Longs, asked_ms: Longs) -> Columns:
    """`clicks_5m`, `views_5m`, `categories_5m` float32[q], `last_action_ms` int64[q]."""
    amounts = np.stack([history.action == CLICK, history.action == IMPRESSION], axis=1)
    until, since = (
        sums_before(
            history.viewer_id, history.occurred_ms, amounts.astype(np.float64), viewer_id, ms
        )
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


def _categories_clicked(history: History, viewer_id: Longs, asked_ms: Longs) -> Floats:
    """Distinct main categories clicked in the window before each question."""
    main = np.zeros(len(history.viewer_id), np.int64)
    is_first = np.diff(history.category_events, prepend=-1) != 0
    main[history.category_events[is_first]] = history.category_codes[is_first]
    rows = np.flatnonzero((history.action == CLICK) & (main > 0))
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


@dataclass(frozen=True, slots=True)
class Positives:
    """Positive events of a partition, ordered by (viewer, time); `p` rows.

    Attributes:
        next_row: Row at which the same viewer was next positive about the same item; `p` if never.
        disliked_ms: When the viewer first hid or reported the item.
    """

    viewer_id: Longs
    item_id: Longs
    occurred_ms: Longs
    next_row: Longs
    disliked_ms: Longs

    @staticmethod
    def of(history: History) -> "Positives":
        rows = np.flatnonzero(history.positive)
        [pair] = pair_codes((history.viewer_id, history.item_id))
        negative = IS_NEGATIVE[history.action]
        distinct, at = np.unique(pair, return_inverse=True)
        disliked_ms = np.full(len(distinct), NEVER_MS)
        np.minimum.at(disliked_ms, at[negative], history.occurred_ms[negative])
        order = np.argsort(at[rows], kind="stable")
        next_row = np.full(len(rows), len(rows))
        again = np.flatnonzero(np.diff(at[rows][order]) == 0)
        next_row[order[again]] = order[again + 1]
        return Positives(
            history.viewer_id[rows],
            history.item_id[rows],
            history.occurred_ms[rows],
            next_row,
            disliked_ms[at[rows]],
        )

    def latest(self, start: int, end: int, asked_ms: int) -> Longs:
        """Rows of the latest distinct items among `start:end` that still stand, newest first."""
        width = 2 * MAX_POSITIVES
        while True:
            low = max(start, end - width)
            rows = np.arange(end - 1, low - 1, -1)
            standing = (self.next_row[rows] >= end) & (self.disliked_ms[rows] >= asked_ms)
            found = rows[standing][:MAX_POSITIVES]
            if len(found) == MAX_POSITIVES or low == start:
                return found
            width *= 4


def vectors_before(
    plan: TrainingPlan, history: History, block: int, viewer_id: Longs, asked_ms: Longs
) -> Floats:
    """Viewers folded in from their latest positives, with a block's vectors: `float32[q, dim]`."""
    served = MappedTable(plan.vectors(block) / "served.arrow")
    gram = MappedTable(plan.vectors(block) / "gram.arrow").array("row")
    positives = Positives.of(history)
    vector_row = find_rows(served.array("item_id"), positives.item_id)
    start, end = ranges_before(positives.viewer_id, positives.occurred_ms, viewer_id, asked_ms)
    chosen: list[Longs] = []
    sets: dict[bytes, int] = {}
    which = np.empty(len(viewer_id), np.int64)
    for question in range(len(viewer_id)):
        rows = positives.latest(int(start[question]), int(end[question]), int(asked_ms[question]))
        known = vector_row[rows]
        known = np.sort(known[known >= 0])
        number = sets.setdefault(known.tobytes(), len(sets))
        if number == len(chosen):
            chosen.append(known)
        which[question] = number
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in chosen])]).astype(np.int64)
    every = np.concatenate([*chosen, np.empty(0, np.int64)]).astype(np.int64)
    vectors = served.array("vector")[every].astype(np.float32)
    weights = np.ones(len(every), np.float32)
    folded = fold_in_many(vectors, first, gram, weights, plan.alpha, plan.regularization)
    return folded[which]

"""What one partition of viewers did, as columns, and the summaries that several artefacts share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.viewer_columns import MAX_VALUE_MS
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.events import IS_NEGATIVE, IS_POSITIVE, is_own
from spark_jobs.pairs import pair_codes, starts_of_runs
from spark_jobs.part_files import numbers, read_part

Longs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

COLUMNS = (
    "viewer_id", "item_id", "occurred_ms", "action", "value", "author_id", "categories",
    "is_approximate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """Events of one viewer partition, ordered by (viewer_id, occurred_ms); `n` rows.

    Attributes:
        action: `int32[n]`, codes of `events`.
        value: `float64[n]`, ms in [0, a day] or a rating, NaN where the action has none.
        own: Which are actions of authors on their own items.
        counted: Which happened at a known time. The others are history (seen, recent positives,
            vectors) and enter no count: they may lack the impressions that rates divide by.
        category_events, category_codes: An entry for every category of every event: row of the
            event, vocabulary code.
    """

    viewer_id: Longs
    item_id: Longs
    occurred_ms: Longs
    action: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    author_id: Longs
    own: Mask
    counted: Mask
    category_events: Longs
    category_codes: npt.NDArray[np.int32]

    @property
    def positive(self) -> Mask:
        return IS_POSITIVE[self.action]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct pairs of viewer and something else, best first within a viewer.

    Attributes:
        first: `int64[v + 1]`: pairs of the partition's viewer `i` are `first[i]:first[i + 1]`.
    """

    first: Longs
    other: Longs
    amounts: tuple[npt.NDArray[Any], ...]


def read_history(workplace: Workplace, facts: Facts, part: int) -> History:
    """Read one partition of `histories`."""
    table = read_part(workplace.histories, part, COLUMNS).combine_chunks()
    viewer_id = numbers(table, "viewer_id", "i8")
    author_id = numbers(table, "author_id", "i8")
    lists: Any = table["categories"].combine_chunks()
    lengths = np.diff(lists.offsets.to_numpy())
    return History(
        viewer_id,
        numbers(table, "item_id", "i8"),
        numbers(table, "occurred_ms", "i8"),
        numbers(table, "action", "i4"),
        np.clip(numbers(table, "value", "f8", np.nan), 0, MAX_VALUE_MS),
        author_id,
        is_own(viewer_id, author_id, facts.authors_are_viewers),
        ~table["is_approximate"].to_numpy(),
        np.repeat(np.arange(len(lists)), lengths),
        lists.flatten().to_numpy().astype(np.int32),
    )


def latest_items(history: History, viewers: Longs, rows: Mask, limit: int) -> Pairs:
    """The distinct items of the events `rows` by viewer, newest first, with their latest ms."""
    viewer, item = history.viewer_id[rows], history.item_id[rows]
    occurred_ms = history.occurred_ms[rows]
    order = np.lexsort((occurred_ms, item, viewer))
    viewer, item, occurred_ms = viewer[order], item[order], occurred_ms[order]
    is_last = np.ones(len(order), bool)
    is_last[:-1] = (np.diff(viewer) != 0) | (np.diff(item) != 0)
    viewer, item, occurred_ms = viewer[is_last], item[is_last], occurred_ms[is_last]
    order = np.lexsort((item, -occurred_ms, viewer))
    return first_of_each(viewers, viewer[order], item[order], (occurred_ms[order],), limit)


def taste(history: History) -> Mask:
    """Which events are positives that stand: not on items that the viewer hid or reported."""
    negative = IS_NEGATIVE[history.action]
    if not negative.any():
        return history.positive
    (pair,) = pair_codes((history.viewer_id, history.item_id))
    return history.positive & ~np.isin(pair, pair[negative])


def counted_pairs(
    viewers: Longs,
    viewer: Longs,
    other: Longs,
    impressions: npt.NDArray[np.bool_],
    positives: npt.NDArray[np.bool_],
    limit: int,
) -> Pairs:
    """Impressions and positives (`float32`) by pair; pairs with most of both first."""
    relevant = impressions | positives
    viewer, other = viewer[relevant], other[relevant]
    order = np.lexsort((other, viewer))
    viewer, other = viewer[order], other[order]
    starts = starts_of_runs(viewer, other)
    seen, liked = (
        np.add.reduceat(mask[relevant][order].astype(np.float32), starts)
        if len(starts)
        else np.empty(0, np.float32)
        for mask in (impressions, positives)
    )
    viewer, other = viewer[starts], other[starts]
    order = np.lexsort((other, -(seen + liked), viewer))
    return first_of_each(viewers, viewer[order], other[order], (seen[order], liked[order]), limit)


def first_of_each(
    viewers: Longs,
    viewer: Longs,
    other: npt.NDArray[Any],
    amounts: tuple[npt.NDArray[Any], ...],
    limit: int,
) -> Pairs:
    """Keep the first `limit` entries of each viewer; `viewers` is sorted and has every `viewer`."""
    starts = np.searchsorted(viewer, viewers)
    ends = np.searchsorted(viewer, viewers, side="right")
    rank = np.arange(len(viewer)) - np.repeat(starts, ends - starts)
    keep = rank < limit
    first = np.zeros(len(viewers) + 1, np.int64)
    np.cumsum(np.minimum(ends - starts, limit), out=first[1:])
    return Pairs(first, other[keep], tuple(amount[keep] for amount in amounts))

"""The best of many scored rows, in the one order that every part and shard agrees on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows of the shard, distinct, best first; ties by smaller item id.

    Attributes:
        rows: `int64[h]`.
        scores: `float32[h]`, descending.
    """

    rows: Rows
    scores: Floats


def best_hits(rows: Rows, scores: Floats, item_ids_of: Callable[[Rows], Rows], limit: int) -> Hits:
    """The best `limit` of distinct rows.

    Args:
        item_ids_of: Looks item ids up by row; asked about the rows that may be among the best.
    """
    if len(rows) > limit:
        # A partition costs a third of a sort; ties with the last of the best stay for their ids.
        contenders = np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])
        rows, scores = rows[contenders], scores[contenders]
    order = np.lexsort((item_ids_of(rows), -scores))[:limit]
    return Hits(rows[order], scores[order])


def best_of_each(rows: Rows, scores: Floats) -> tuple[Rows, Floats]:
    """Each row once, ascending, with the best of its scores."""
    order = np.lexsort((-scores, rows))
    rows = rows[order]
    first = _is_first(rows)
    return rows[first], scores[order[first]]


def distinct_rows(*lists: Rows) -> Rows:
    """All rows of the lists, ascending, each once: `np.unique` takes several times as long."""
    rows = np.sort(np.concatenate(lists))
    return rows[_is_first(rows)]


def _is_first(ascending: Rows) -> npt.NDArray[np.bool_]:
    first = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first

"""The best of many scored rows, in the one order that every part and shard agrees on."""

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


def best_hits(
    rows: Rows, scores: Floats, item_ids: Rows, limit: int, *, may_repeat: bool = False
) -> Hits:
    """The best `limit` rows.

    Args:
        may_repeat: Whether a row may occur more than once; it then counts with its best score.
    """
    order = np.lexsort((item_ids, -scores))
    if may_repeat:
        _, first = np.unique(rows[order], return_index=True)
        order = order[np.sort(first)]
    best = order[:limit]
    return Hits(rows[best], scores[best])

"""Posts in groups by time, so that "recent posts of X as of then" is one vectorised look-up."""

import numpy as np

from simulator.arrays import NOTHING, Floats, Ints

TIME_BITS = 42
"""Unix milliseconds fit into 42 bits until the year 2109; the group is kept above them."""


class Shelf:
    """Items of groups (an author, a language, a category of a language), oldest first.

    Args:
        group: `int64[n]` at least 0; an item may stand in several groups.
        item: `int64[n]` item indices.
        created_ms: `int64[n]`, when each item was posted.
    """

    def __init__(self, group: Ints, item: Ints, created_ms: Ints) -> None:
        keys = (group << TIME_BITS) | created_ms
        order = np.argsort(keys, kind="stable")
        self._keys, self._item = keys[order], item[order]

    def pick(self, group: Ints, now_ms: Ints, depth: Floats) -> Ints:
        """Pick one item per row among those posted before `now_ms`.

        Args:
            group: `int64[n]`.
            now_ms: `int64[n]`.
            depth: `float64[n]` in `[0, 1)`: 0 is the newest, towards 1 the oldest.

        Returns:
            `int64[n]` item indices, `NOTHING` where the group was still empty.
        """
        if not len(self._item):
            return np.full(len(group), NOTHING, np.int64)
        start, end = self._range(group, now_ms)
        at = end - 1 - (depth * (end - start)).astype(np.int64)
        return np.where(end > start, self._item[np.maximum(at, 0)], NOTHING)

    def pick_newest(self, group: Ints, now_ms: Ints, back: Floats) -> Ints:
        """Like `pick`, but `back` counts items back from the newest (stopping at the oldest)."""
        if not len(self._item):
            return np.full(len(group), NOTHING, np.int64)
        start, end = self._range(group, now_ms)
        at = np.maximum(end - 1 - back.astype(np.int64), start)
        return np.where(end > start, self._item[np.minimum(at, len(self._item) - 1)], NOTHING)

    def _range(self, group: Ints, now_ms: Ints) -> tuple[Ints, Ints]:
        start = np.searchsorted(self._keys, group << TIME_BITS)
        end = np.searchsorted(self._keys, (group << TIME_BITS) | now_ms)
        return start, end

"""Weighted draws within groups: a famous author of a language, a popular item of a day."""

import numpy as np

from simulator.arrays import NOTHING, Floats, Ints


class WeightedGroups:
    """Members in groups, drawn with chances in proportion to their weight.

    Args:
        group: `int64[n]` in `[0, group_count)`, any order; a member may be in several groups.
        member: `int64[n]`.
        weight: `float64[n]`, at least zero.
    """

    def __init__(self, group: Ints, member: Ints, weight: Floats, group_count: int) -> None:
        order = np.argsort(group, kind="stable")
        self._member = member[order]
        self._bounds = np.searchsorted(group[order], np.arange(group_count + 1))
        self._cumulative = np.concatenate([[0.0], np.cumsum(weight[order])])

    def draw(self, group: Ints, luck: Floats) -> Ints:
        """Draw one member per row; `NOTHING` from a group without weight.

        Args:
            group: `int64[n]`, the group to draw from.
            luck: `float64[n]` uniform in `[0, 1)`.
        """
        if not len(self._member):
            return np.full(len(group), NOTHING, np.int64)
        start, end = self._bounds[group], self._bounds[group + 1]
        low, high = self._cumulative[start], self._cumulative[end]
        at = np.searchsorted(self._cumulative, low + luck * (high - low), side="right") - 1
        at = np.clip(at, start, np.maximum(end - 1, start))
        return np.where(high > low, self._member[np.minimum(at, len(self._member) - 1)], NOTHING)

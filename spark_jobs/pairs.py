"""Pairs of ids as single numbers, so that sorting and searching them is fast."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


def pair_codes(*pairs: tuple[Longs, Longs]) -> list[Longs]:
    """One `int64` per pair: equal for equal pairs over all arguments, ordered as (left, right)."""
    lefts = np.unique(np.concatenate([left for left, _ in pairs]))
    rights = np.unique(np.concatenate([right for _, right in pairs]))
    return [
        np.searchsorted(lefts, left) * len(rights) + np.searchsorted(rights, right)
        for left, right in pairs
    ]


def counts_of(wanted: Longs, occurring: Longs) -> Longs:
    """How often each of `wanted` occurs in `occurring`."""
    values, counts = np.unique(occurring, return_counts=True)
    if not len(values):
        return np.zeros(len(wanted), np.int64)
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return np.where(values[at] == wanted, counts[at], 0)


def starts_of_runs(*sorted_columns: Sequence[int] | npt.NDArray[np.number]) -> Longs:
    """Row at which each run of equal rows starts."""
    columns = [np.asarray(column) for column in sorted_columns]
    is_start = np.ones(len(columns[0]), bool)
    is_start[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(is_start)

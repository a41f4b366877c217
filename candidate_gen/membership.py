"""Looking ids up in short sorted lists, many at once."""

from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import Mask

Ids = npt.NDArray[np.int64]


def is_among(values: Ids, ascending: Ids) -> Mask:
    """`bool[n]`: which of `values` occur in `ascending` (sorted, distinct or not)."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    places = np.searchsorted(ascending, values)
    found: Mask = ascending.take(places, mode="clip") == values
    return found


def sorted_distinct(*lists: Ids) -> Ids:
    """All ids of the lists, ascending, each once.

    `np.unique` hashes first, which costs four times as much for some thousand ids.
    """
    ascending = np.sort(np.concatenate(lists))
    if len(ascending) < 2:
        return ascending
    is_new = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=is_new[1:])
    return ascending[is_new]


def values_of(
    wanted: Ids, keys: Ids, *values: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], ...]:
    """For each array parallel to the distinct `keys`, its value per wanted id, 0 where absent."""
    if not len(keys):
        return tuple(np.zeros(len(wanted), np.float32) for _ in values)
    order = np.argsort(keys)
    places = order.take(np.searchsorted(keys, wanted, sorter=order), mode="clip")
    found = keys[places] == wanted
    return tuple(np.where(found, column[places], 0).astype(np.float32) for column in values)

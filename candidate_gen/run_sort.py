"""Sorts what is nearly in order, as lists of several shards one after another are.

A merge sort that takes the runs it finds: two lists in order are merged once, and that is all.
"""

import numpy as np
import numpy.typing as npt

from generation.compiled import step

Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.float32]
Ties = npt.NDArray[np.int64]


@step
def is_before(keys: Keys, ties: Ties, one: int, other: int) -> bool:
    if keys[one] != keys[other]:
        return bool(keys[one] < keys[other])
    return bool(ties[one] < ties[other])


@step
def run_end(places: Places, first: int, end: int, keys: Keys, ties: Ties) -> int:
    """Where the run that begins at `first` ends."""
    at = first + 1
    while at < end and not is_before(keys, ties, places[at], places[at - 1]):
        at += 1
    return min(at, end)


@step
def sort_places(places: Places, first: int, end: int, keys: Keys, ties: Ties) -> None:
    """Sort `places[first:end]` by the key of each place, ascending, equal keys by tie."""
    merged = np.empty(end - first, np.int64)
    while run_end(places, first, end, keys, ties) < end:
        at = filled = first
        while at < end:
            middle = run_end(places, at, end, keys, ties)
            beyond = run_end(places, middle, end, keys, ties)
            one, other = at, middle
            while one < middle or other < beyond:
                is_other = one == middle or (
                    other < beyond and is_before(keys, ties, places[other], places[one])
                )
                merged[filled - first] = places[other] if is_other else places[one]
                filled += 1
                one, other = (one, other + 1) if is_other else (one + 1, other)
            at = beyond
        places[first:end] = merged

"""Looking ids up in short lists, many at once; compiled, see ADR 8.

Arrays that cannot be written to, as those of files and messages, are copied first: some thousand
ids at the most, which takes less than to have the loops for both.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import Mask
from generation.compiled import BOOLS, FLOAT32S, INT64S, compiled, own
from generation.id_table import NOWHERE, place_of, table_of
from generation.sorted_ids import lower_bounds

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def is_among(values: Ids, ascending: Ids) -> Mask:
    """`bool[n]`: which of `values` occur in `ascending` (sorted, distinct or not)."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    found: Mask = are_within(own(values), own(ascending))
    return found


def sorted_distinct(*lists: Ids) -> Ids:
    """All ids of the lists, ascending, each once.

    `np.unique` hashes first, which costs four times as much for some thousand ids.
    """
    ascending = np.concatenate(lists)
    ascending.sort()
    distinct: Ids = each_once(ascending)
    return distinct


def values_of(wanted: Ids, keys: Ids, *values: npt.NDArray[Any]) -> tuple[Floats, ...]:
    """For each array parallel to the distinct `keys`, its value per wanted id, 0 where absent."""
    if not len(keys):
        return tuple(np.zeros(len(wanted), np.float32) for _ in values)
    wanted, keys = own(wanted), own(keys)
    return tuple(value_of_each(wanted, keys, own(column)) for column in values)


@compiled(INT64S, INT64S, INT64S)
def places_by_hash(wanted: Ids, keys: Ids) -> Ids:
    """`int64[n]`: where in the distinct `keys` each wanted id is; -1 where absent."""
    places, table = np.empty(len(wanted), np.int64), table_of(keys)
    for at in range(len(wanted)):
        places[at] = place_of(table, keys, wanted[at])
    return places


@compiled(BOOLS, INT64S, INT64S)
def are_within(values: Ids, ascending: Ids) -> Mask:
    """As `is_among`. Searched, not hashed: what somebody saw is chosen by whoever reports it."""
    found, places = np.empty(len(values), np.bool_), lower_bounds(ascending, values)
    for at in range(len(values)):
        place = places[at]
        found[at] = place < len(ascending) and ascending[place] == values[at]
    return found


@compiled(INT64S, INT64S)
def each_once(ascending: Ids) -> Ids:
    distinct, count = np.empty_like(ascending), 0
    for at in range(len(ascending)):
        if at == 0 or ascending[at] != ascending[at - 1]:
            distinct[count] = ascending[at]
            count += 1
    return distinct[:count]


@compiled(FLOAT32S, INT64S, INT64S, FLOAT32S)
def value_of_each(wanted: Ids, keys: Ids, values: Floats) -> Floats:
    """As `values_of`."""
    found, table = np.zeros(len(wanted), np.float32), table_of(keys)
    for at in range(len(wanted)):
        place = place_of(table, keys, wanted[at])
        if place != NOWHERE:
            found[at] = values[place]
    return found

"""A hash table of ids or rows, for compiled loops that look many up in a short list.

Ids that people choose may be made to collide: so lists of a few hundred or thousand only.
"""

import numpy as np
import numpy.typing as npt

from generation.compiled import step

Ids = npt.NDArray[np.int64]
Table = npt.NDArray[np.int32]

NOWHERE = -1
MULTIPLIER = 0x9E3779B97F4A7C15 >> 1  # Fibonacci hashing: neighbouring ids spread evenly
SHIFT = 20


@step
def empty_table(count: int) -> Table:
    """A table with room for the places of `count` ids; at most half full with them."""
    size = 16
    while size < 2 * count:
        size *= 2
    return np.full(size, NOWHERE, np.int32)


@step
def slot_of(table: Table, ids: Ids, wanted: int) -> int:
    """Where in `table` the place of this id stands, or would be put."""
    mask = len(table) - 1
    at = ((wanted * MULTIPLIER) >> SHIFT) & mask
    while table[at] != NOWHERE and ids[table[at]] != wanted:
        at = (at + 1) & mask
    return at


@step
def table_of(ids: Ids) -> Table:
    """Places of all `ids`, of repeated ones the first, to be asked with `place_of`."""
    table = empty_table(len(ids))
    for place in range(len(ids)):
        slot = slot_of(table, ids, ids[place])
        if table[slot] == NOWHERE:
            table[slot] = place
    return table


@step
def place_of(table: Table, ids: Ids, wanted: int) -> int:
    """Where in `ids` this id is first; `NOWHERE` when it is not there."""
    return int(table[slot_of(table, ids, wanted)])

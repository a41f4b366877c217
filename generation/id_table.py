"""A hash table of ids, for compiled loops that look many ids up in a short list.

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
def table_of(ids: Ids) -> Table:
    """Places of all `ids`, to be asked with `place_of`; at most half full."""
    size = 16
    while size < 2 * len(ids):
        size *= 2
    table = np.full(size, NOWHERE, np.int32)
    for place in range(len(ids)):
        at = ((ids[place] * MULTIPLIER) >> SHIFT) & (size - 1)
        while table[at] != NOWHERE:
            at = (at + 1) & (size - 1)
        table[at] = place
    return table


@step
def place_of(table: Table, ids: Ids, wanted: int) -> int:
    """Where in `ids` this id is first; `NOWHERE` when it is not there."""
    mask = len(table) - 1
    at = ((wanted * MULTIPLIER) >> SHIFT) & mask
    while table[at] != NOWHERE:
        if ids[table[at]] == wanted:
            return int(table[at])
        at = (at + 1) & mask
    return NOWHERE

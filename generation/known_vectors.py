"""Looks item vectors up by id, compiled: some fifty of a million, each far from the others."""

import numpy as np
import numpy.typing as npt

from generation.compiled import (
    FLOAT32_ROWS,
    INT64S,
    MAPPED_INT64S,
    MAPPED_UINT16_ROWS,
    compiled,
    step,
)
from generation.half import single
from generation.sorted_ids import places_of

Ids = npt.NDArray[np.int64]
Halves = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]

EXPONENT = np.uint16(0x7C00)
"""All bits set in infinities and NaN only."""


@step
def is_finite(half_floats: Halves) -> bool:
    largest = EXPONENT & half_floats[0]
    for value in half_floats:
        largest = max(largest, value & EXPONENT)
    return bool(largest < EXPONENT)


@compiled(FLOAT32_ROWS, MAPPED_INT64S, MAPPED_UINT16_ROWS, INT64S)
def known_vectors(ids: Ids, halves: Halves, wanted: Ids) -> Floats:
    """Vectors of those wanted that have one without infinities and NaN, in their order.

    Args:
        ids: Ascending, one per row of `halves`.
        halves: The bits of `float16[n, dim]`.

    Returns:
        `float32[k, dim]`.
    """
    vectors = np.empty((len(wanted), halves.shape[1]), np.float32)
    found = 0
    for row in places_of(ids, wanted):
        if row >= 0 and is_finite(halves[row]):
            for column in range(halves.shape[1]):
                vectors[found, column] = single(halves[row, column])
            found += 1
    return vectors[:found]

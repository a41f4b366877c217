"""Looks for infinities and NaN in all numbers of a request at once."""

import numpy as np
import numpy.typing as npt

from features.inputs import ViewerInputs
from generation.compiled import (
    BOOL,
    FLOAT32_ROWS,
    FLOAT32S,
    UINT16_ROWS,
    compiled,
    own,
    same,
    step,
)
from serving.contracts.rank_columns import RANK_COLUMNS, VIEWER_FIELDS, VIEWER_INPUT_COLUMNS
from serving.contracts.shard import Columns

Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.uint16]

HALF_INFINITY, INFINITY = np.uint16(0x7C00), np.uint32(0x7F800000)
WITHOUT_SIGN_OF_HALF, WITHOUT_SIGN = np.uint16(0x7FFF), np.uint32(0x7FFFFFFF)
"""By its bits without the sign, a number that is not finite is no less than infinity."""

HALVES = [c.name for c in RANK_COLUMNS if c.dtype == "f2"]
WIDE = [c.name for c in RANK_COLUMNS if c.dtype == "f4" and c.width > 1]
NARROW = [c.name for c in RANK_COLUMNS if c.dtype == "f4" and c.width == 1]
OF_VIEWER = [c for c in VIEWER_INPUT_COLUMNS if c.dtype == "f4" and c.name in VIEWER_FIELDS]
WIDE_OF_VIEWER = [c.name for c in OF_VIEWER if c.width > 1]
NARROW_OF_VIEWER = [c.name for c in OF_VIEWER if c.width == 1]


def all_finite(viewer: ViewerInputs, candidates: Columns) -> bool:
    """Whether every float of them is a number; columns of other types always are."""
    wide = [candidates[name] for name in WIDE]
    wide += [getattr(viewer, name) for name in WIDE_OF_VIEWER]
    narrow = [candidates[name] for name in NARROW]
    narrow += [getattr(viewer, name) for name in NARROW_OF_VIEWER]
    halves = [own(candidates[name]).view(np.uint16) for name in HALVES]
    return are_finite(tuple(halves), tuple(map(own, wide)), tuple(map(own, narrow)))


@step
def are_finite_halves(bits: Halves) -> bool:
    largest = np.uint16(0)
    for row in range(bits.shape[0]):
        for at in range(bits.shape[1]):
            largest = max(largest, np.uint16(bits[row, at] & WITHOUT_SIGN_OF_HALF))
    return bool(largest < HALF_INFINITY)


@step
def are_finite_floats(values: Floats) -> bool:
    bits = values.view(np.uint32)
    largest = np.uint32(0)
    for at in range(len(bits)):
        largest = max(largest, np.uint32(bits[at] & WITHOUT_SIGN))
    return bool(largest < INFINITY)


@compiled(
    BOOL,
    same(UINT16_ROWS, len(HALVES)),
    same(FLOAT32_ROWS, len(WIDE) + len(WIDE_OF_VIEWER)),
    same(FLOAT32S, len(NARROW) + len(NARROW_OF_VIEWER)),
)
def are_finite(
    halves: tuple[Halves, ...], wide: tuple[Floats, ...], narrow: tuple[Floats, ...]
) -> bool:
    finite = True
    for bits in halves:
        finite &= are_finite_halves(bits)
    for matrix in wide:
        finite &= are_finite_floats(matrix.reshape(matrix.size))
    for column in narrow:
        finite &= are_finite_floats(column)
    return finite

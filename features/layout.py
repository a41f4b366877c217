"""How features lie in memory: the values of each side by side, as each is filled at once."""

import numpy as np
import numpy.typing as npt

from features.inputs import Floats

SINGLE_OF_HALF = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
"""Every float16 as float32: looking them up takes half the time of numpy's conversion."""


def columns_of(rows: int, width: int) -> Floats:
    """An uninitialised `float32[rows, width]` whose columns are contiguous."""
    return np.empty((width, rows), np.float32).T


def singles(halves: npt.NDArray[np.float16]) -> Floats:
    """The same values as `float32`, C-contiguous."""
    return SINGLE_OF_HALF.take(halves.view(np.uint16))

"""Array types and the mark of absence shared by every part of the simulator."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NOTHING = -1
"""Index meaning no item, no group, any language or any region. Never leaves the simulator."""


def unit_rows(rows: Floats) -> Floats:
    """Scale each row of `float64[n, dim]` to length one."""
    scaled: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def sigmoid(logit: Floats) -> Floats:
    probability: Floats = 1.0 / (1.0 + np.exp(-logit))
    return probability

"""Smoothed rates: how counts become numbers that few events cannot push to the extremes."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PRIOR_RATE = 0.1
PRIOR_COUNT = 10.0
"""Ten imagined trials at one in ten: a neutral start; a model needs only the order it gives."""


def smoothed_rate(events: Floats, trials: Floats) -> Floats:
    """`(events + 1) / (trials + 10)`, at most 1. Same shape as the inputs."""
    rate = (events + np.float32(PRIOR_RATE * PRIOR_COUNT)) / (trials + np.float32(PRIOR_COUNT))
    return np.minimum(rate, np.float32(1))


def largest_of_row(values: Floats) -> Floats:
    """Largest value of every row of a narrow matrix: `float32[n]`. Numpy's own is slow on those."""
    largest = values[:, 0]
    for column in values.T[1:]:
        largest = np.maximum(largest, column)
    return largest

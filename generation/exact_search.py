"""Exact maximum dot product search in plain numpy: the oracle of every index."""

import numpy as np
import numpy.typing as npt

from generation.vector_index import NO_ROW

BLOCK_ROWS = 65_536


def exact_top(
    vectors: npt.NDArray[np.float32], queries: npt.NDArray[np.float32], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Positions `int64[q, count]` and dot products `float32[q, count]`, best first.

    Ties go to the smaller position; unused places hold `NO_ROW` and `-inf`. Works through blocks of
    vectors, so memory does not grow with their number.
    """
    positions = np.full((len(queries), count), NO_ROW, np.int64)
    scores = np.full((len(queries), count), -np.inf, np.float32)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = queries @ vectors[start : start + BLOCK_ROWS].T
        best = np.argsort(-block, axis=1, kind="stable")[:, :count]
        all_scores = np.hstack([scores, np.take_along_axis(block, best, axis=1)])
        all_positions = np.hstack([positions, best + start])
        order = np.argsort(-all_scores, axis=1, kind="stable")[:, :count]
        scores = np.take_along_axis(all_scores, order, axis=1)
        positions = np.take_along_axis(all_positions, order, axis=1)
    return positions, scores

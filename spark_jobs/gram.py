"""The Gram matrix of item vectors, which every fold-in starts from."""

import numpy as np
import numpy.typing as npt

BLOCK_ROWS = 65_536


def gram(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Sum of the outer products of all rows, added up in float64: `float32[dim, dim]`."""
    total = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS].astype(np.float64)
        total += block.T @ block
    return total.astype(np.float32)

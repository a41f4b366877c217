"""Folds a viewer into the space of an implicit ALS model, from items the viewer was positive about.

With item vectors Y, confidence `1 + alpha * weight` for positives and 1 for everything else, the
viewer's vector is the exact least-squares solution of Hu, Koren and Volinsky (2008):

    (YᵀY + regularization * I + alpha * Σ wᵢ yᵢ yᵢᵀ) x = Σ (1 + alpha * wᵢ) yᵢ

The regularisation is not scaled by the number of positives. Training and serving share this file.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def fold_in(
    vectors: Floats,
    gram: Floats,
    weights: Floats,
    alpha: float,
    regularization: float,
) -> Floats:
    """Vector of one viewer.

    Args:
        vectors: `float32[k, dim]`, the positives' item vectors; k may be 0.
        gram: `float32[dim, dim]`, YᵀY over all items of the model.
        weights: `float32[k]`, at least 0.

    Returns:
        `float32[dim]`; zeros without positives.
    """
    if not len(vectors):
        return np.zeros(len(gram), np.float32)
    first = np.array([0, len(vectors)], np.int64)
    folded: Floats = fold_in_many(vectors, first, gram, weights, alpha, regularization)[0]
    return folded


def fold_in_many(
    vectors: Floats,
    first: npt.NDArray[np.int64],
    gram: Floats,
    weights: Floats,
    alpha: float,
    regularization: float,
) -> Floats:
    """Vectors of many viewers; row by row the same as `fold_in`.

    Args:
        vectors: `float32[k, dim]`, positives of all viewers one after another.
        first: `int64[viewers + 1]`: viewer `i` has rows `first[i]:first[i + 1]`.
        weights: `float32[k]`.

    Returns:
        `float32[viewers, dim]`.
    """
    dim = len(gram)
    base = gram.astype(np.float64) + regularization * np.eye(dim)
    solved = np.zeros((len(first) - 1, dim), np.float32)
    for viewer in np.flatnonzero(np.diff(first)):
        rows = slice(first[viewer], first[viewer + 1])
        own = vectors[rows].astype(np.float64)
        extra = alpha * weights[rows].astype(np.float64)[:, None]
        system = base + own.T @ (extra * own)
        solved[viewer] = np.linalg.solve(system, (own * (1 + extra)).sum(axis=0))
    return solved

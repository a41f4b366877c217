"""Folds a viewer into the space of an implicit ALS model, from items the viewer was positive about.

With item vectors Y, confidence `1 + alpha * weight` for positives and 1 for everything else, the
viewer's vector is the exact least-squares solution of Hu, Koren and Volinsky (2008):

    (YᵀY + regularization * I + alpha * Σ wᵢ yᵢ yᵢᵀ) x = Σ (1 + alpha * wᵢ) yᵢ

The regularisation is not scaled by the number of positives. Training solves it for many viewers at
once, here; serving for one, in `fold_in_one.py`.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

VIEWERS_AT_ONCE = 1_024
"""Viewers with equally many positives are solved together."""


def fold_in_many(
    vectors: Floats,
    first: npt.NDArray[np.int64],
    gram: Floats,
    weights: Floats,
    alpha: float,
    regularization: float,
) -> Floats:
    """Vectors of many viewers; row by row the same as of `FoldIn`, to float32's rounding.

    Args:
        vectors: `float32[k, dim]`, positives of all viewers one after another.
        first: `int64[viewers + 1]`: viewer `i` has rows `first[i]:first[i + 1]`.
        weights: `float32[k]`.

    Returns:
        `float32[viewers, dim]`.
    """
    dim = len(gram)
    base = gram.astype(np.float64) + regularization * np.eye(dim)
    inverse = np.linalg.inv(base)
    solved = np.zeros((len(first) - 1, dim), np.float32)
    lengths = np.diff(first)
    for length in np.unique(lengths[lengths > 0]).tolist():
        alike = np.flatnonzero(lengths == length)
        for start in range(0, len(alike), VIEWERS_AT_ONCE):
            viewers = alike[start : start + VIEWERS_AT_ONCE]
            rows = first[viewers][:, None] + np.arange(length)
            own = vectors[rows].astype(np.float64)
            extra = alpha * weights[rows].astype(np.float64)
            if length < dim:
                # (B + OᵀWO)⁻¹Oᵀ = B⁻¹Oᵀ(I + WOB⁻¹Oᵀ)⁻¹: a system as small as the positives are few
                half = own @ inverse
                small = np.eye(length) + extra[..., None] * (half @ own.transpose(0, 2, 1))
                right = np.linalg.solve(small, (1 + extra)[..., None])
                found = (half * right).sum(axis=1)
            else:
                system = base + own.transpose(0, 2, 1) @ (extra[..., None] * own)
                right = (own * (1 + extra)[..., None]).sum(axis=1)
                found = np.linalg.solve(system, right[..., None])[..., 0]
            solved[viewers] = found
    return solved

"""Folds one viewer in while the request waits: the equation of `fold_in.py`, compiled."""

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32_ROWS, FLOAT32S, FLOAT64, FLOAT64_ROWS, compiled, step

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@step
def add_to_row(upper: Doubles, row: int, factor: float, values: Doubles, values_row: int) -> None:
    """Add one row to another, from the diagonal on.

    Rows and columns are unsigned: where an index cannot be negative, which would count from the
    end, the compiler makes vector instructions of the loop, a tenth of the time.
    """
    to, of = np.uint64(row), np.uint64(values_row)
    for column in range(to, np.uint64(len(upper))):
        upper[to, column] += factor * values[of, column]


@step
def eliminate(upper: Doubles, right: Doubles) -> None:
    """Gauss without pivots, on the upper half of a symmetric positive definite system."""
    for pivot in range(len(upper)):
        for row in range(pivot + 1, len(upper)):
            factor = -upper[pivot, row] / upper[pivot, pivot]
            right[row] += factor * right[pivot]
            add_to_row(upper, row, factor, upper, pivot)


@step
def substituted(upper: Doubles, right: Doubles) -> Doubles:
    """The solution of a triangular system."""
    solution = np.empty(len(upper))
    for row in range(len(upper) - 1, -1, -1):
        rest = right[row]
        for column in range(row + 1, len(upper)):
            rest -= upper[row, column] * solution[column]
        solution[row] = rest / upper[row, row]
    return solution


@compiled(FLOAT32S, FLOAT64_ROWS, FLOAT32_ROWS, FLOAT64)
def solved(system: Doubles, vectors: Floats, alpha: float) -> Floats:
    """Solve for one viewer; `system` is what all viewers share."""
    if len(vectors) == 0:
        return np.zeros(len(system), np.float32)
    own, right = system.copy(), np.zeros(len(system))
    positives = vectors.astype(np.float64)
    for row in range(len(own)):
        for at in range(len(positives)):
            add_to_row(own, row, alpha * positives[at, row], positives, at)
            right[row] += (1 + alpha) * positives[at, row]
    eliminate(own, right)
    return substituted(own, right).astype(np.float32)


class FoldIn:
    """Folds viewers into one space. Every positive weighs 1, as in the fit of item vectors."""

    def __init__(self, gram: Floats, alpha: float, regularization: float) -> None:
        """`gram`: `float32[dim, dim]`, YᵀY over all items of the model."""
        self._system = gram.astype(np.float64) + regularization * np.eye(len(gram))
        self._alpha = float(alpha)

    def of(self, vectors: Floats) -> Floats:
        """Vector of one viewer.

        Args:
            vectors: `float32[k, dim]`, the positives' item vectors; k may be 0.

        Returns:
            `float32[dim]`; zeros without positives.
        """
        folded: Floats = solved(self._system, vectors, self._alpha)
        return folded

"""Which inverted lists a query is compared with: those whose centres are nearest.

All centres are looked at, by one product of matrices for all queries of a request. Faiss would
go through them once per query, which takes three times as long.
"""

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32_ROWS, INT64, INT64S, compiled, step

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


class ListChoice:
    """The centres of an index."""

    def __init__(self, centres: Floats, dim: int) -> None:
        """`centres` is `float32[lists, width]`; queries are zero beyond `dim`."""
        self._by_dimension = np.ascontiguousarray(centres[:, :dim].T)
        self._half_squares = np.einsum("ld,ld->l", centres, centres) / 2

    def nearness(self, queries: Floats) -> Floats:
        """The larger, the nearer, for each query of `float32[q, dim]`: `float32[q, lists]`."""
        nearness: Floats = queries @ self._by_dimension
        nearness -= self._half_squares
        return nearness


@step
def sink(heap: Numbers, size: int, at: int, nearness: Floats) -> None:
    """Restore the heap, the farthest on top, below place `at`."""
    while True:
        farthest = at
        for child in (2 * at + 1, 2 * at + 2):
            if child < size and nearness[heap[child]] < nearness[heap[farthest]]:
                farthest = child
        if farthest == at:
            return
        heap[at], heap[farthest] = heap[farthest], heap[at]
        at = farthest


@step
def put_nearest(into: Numbers, nearness: Floats) -> None:
    """Fill `into` with numbers of lists, nearest first."""
    size = len(into)
    for at in range(size):
        into[at] = at
    for at in range(size // 2 - 1, -1, -1):
        sink(into, size, at, nearness)
    for number in range(size, len(nearness)):
        if nearness[number] > nearness[into[0]]:
            into[0] = number
            sink(into, size, 0, nearness)
    for end in range(size - 1, 0, -1):
        into[0], into[end] = into[end], into[0]
        sink(into, end, 0, nearness)


@compiled(INT64S, FLOAT32_ROWS, INT64)
def nearest_lists(nearness: Floats, probes: int) -> Numbers:
    """Numbers of the `probes` nearest lists of each query, nearest first, end to end.

    Args:
        nearness: Of `ListChoice.nearness`.
        probes: In [1, lists].
    """
    chosen = np.empty(len(nearness) * probes, np.int64)
    for query in range(len(nearness)):
        put_nearest(chosen[query * probes : (query + 1) * probes], nearness[query])
    return chosen

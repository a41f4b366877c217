"""What the rules of a list look at, as the compiled choice takes it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.counted_halves import Halves
from generation.compiled import (
    INT32_ROWS,
    INT64S,
    UINT8S,
    UINT16_ROWS,
    UINT32S,
    fields,
    own,
    step,
    summing_step,
)
from generation.half import single
from serving.contracts.shard import Columns

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

SHORTEST = np.float32(1e-6)
"""Length below which a vector has no direction: it is like nothing."""


class Listable(NamedTuple):
    """Columns of all candidates.

    Attributes:
        author_ids: `int64[c]`; -1 (no author) is never spaced.
        categories: `int32[c, 4]`, main category first; 0 (none) is never spaced.
        is_sensitive: `uint8[c]`, 0 or 1.
        source_bits: `uint32[c]`, which sources found the item.
        vectors: `float16[c, dim]`, finite, as its bits; zero rows are like nothing.
    """

    author_ids: Rows
    categories: npt.NDArray[np.int32]
    is_sensitive: npt.NDArray[np.uint8]
    source_bits: npt.NDArray[np.uint32]
    vectors: Halves

    @staticmethod
    def of(candidates: Columns) -> "Listable":
        return Listable(
            own(candidates["author_id"]),
            own(candidates["categories"]),
            own(candidates["is_sensitive"]),
            own(candidates["source_bits"]),
            own(candidates["vector"]).view(np.uint16),
        )


LISTABLE = fields(Listable, INT64S, INT32_ROWS, UINT8S, UINT32S, UINT16_ROWS)


@step
def directions(vectors: Halves, rows: Rows, length: np.float32) -> Floats:
    """`float32[len(rows), dim]`, each row of this length: a product of two is their likeness."""
    found = np.empty((len(rows), vectors.shape[1]), np.float32)
    for at in range(len(rows)):
        for dimension in range(vectors.shape[1]):
            found[at, dimension] = single(vectors[rows[at], dimension])
        factor = length / max(np.sqrt(likeness(found, at, at)), SHORTEST)
        for dimension in range(vectors.shape[1]):
            found[at, dimension] *= factor
    return found


@summing_step
def likeness(of: Floats, one: int, other: int) -> np.float32:
    total = np.float32(0)
    for dimension in range(of.shape[1]):
        total += of[one, dimension] * of[other, dimension]
    return total

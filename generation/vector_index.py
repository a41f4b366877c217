"""What a shard needs from a nearest-neighbour index."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

NO_ROW = -1


class Asked(NamedTuple):
    """Queries that want equally many rows.

    Attributes:
        queries: `float32[q, dim]`, finite.
        wanted: Rows per query, positive.
    """

    queries: npt.NDArray[np.float32]
    wanted: int


class Nearest(NamedTuple):
    """What was found for several `Asked`, one after another.

    Attributes:
        rows: `int64`, best first for each query; places that could not be filled hold `NO_ROW`.
        scores: `float32`, dot products; `-inf` where there is no row.
        ends: `int64`, what is for number `n` is at `[ends[n]:ends[n + 1]]`, `q` times `wanted`.
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    ends: npt.NDArray[np.int64]


class NeighborIndex(Protocol):
    """Maximum dot product search over the vectors of a shard; ids are the shard's rows.

    Attributes:
        dim: Width of vectors and queries.
        size: Vectors held.
        is_probed: Whether only some of its vectors are compared with a query.
    """

    dim: int
    size: int
    is_probed: bool

    def compared(
        self,
        asked: Sequence[Asked],
        eligible: npt.NDArray[np.uint8] | None = None,
        probe_share: float = 1.0,
    ) -> int:
        """About how many vectors `search_all` of the same compares, centres of lists included."""
        ...

    def search(
        self,
        queries: npt.NDArray[np.float32],
        count: int,
        eligible: npt.NDArray[np.uint8] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """As `search_all` for one `Asked`: rows `int64[q, count]`, scores `float32[q, count]`."""
        ...

    def search_all(
        self,
        asked: Sequence[Asked],
        eligible: npt.NDArray[np.uint8] | None = None,
        probe_share: float = 1.0,
    ) -> Nearest:
        """Find the rows with the largest dot product to each query.

        Args:
            eligible: Bitmap over the shard's rows, least significant bit first (`numpy.packbits`
                with `bitorder="little"`); only rows whose bit is set are found. `None` for all.
            probe_share: In (0, 1], how much of the search that recall needs is made, where an
                index is not scanned whole.

        Raises:
            ValueError: queries have another width, or hold NaN or infinity.
        """
        ...

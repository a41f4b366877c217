"""What a shard needs from a nearest-neighbour index."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

NO_ROW = -1


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

    def search(
        self,
        queries: npt.NDArray[np.float32],
        count: int,
        eligible: npt.NDArray[np.uint8] | None = None,
        probe_share: float = 1.0,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Find the rows with the largest dot product to each query.

        Args:
            queries: `float32[q, dim]`, finite.
            count: Rows wanted per query, positive.
            eligible: Bitmap over the shard's rows, least significant bit first (`numpy.packbits`
                with `bitorder="little"`); only rows whose bit is set are found. `None` for all.
            probe_share: In (0, 1], how much of the search that recall needs is made, where an
                index is not scanned whole.

        Returns:
            Rows `int64[q, count]` and dot products `float32[q, count]`, best first; places that
            could not be filled hold `NO_ROW` and `-inf`.

        Raises:
            ValueError: `queries` has another width, or holds NaN or infinity.
        """
        ...

"""What logging an action needs to know of items, so that consumers need no look-up."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt


class ItemFacts(Protocol):
    def facts(
        self, item_ids: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], Sequence[tuple[str, ...]]]:
        """From memory, microseconds per item.

        Args:
            item_ids: `int64[n]`, any order.

        Returns:
            Author ids `int64[n]` (-1 without author or for an unknown item) and `n` tuples of
            category names (empty for an unknown item).
        """
        ...

"""The answer to `GetFeed`: one slice of a feed, as columns, and what it says about itself."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from serving.contracts.receipt import Receipt


@dataclass(frozen=True, slots=True, eq=False)
class FeedPage:
    """`n` items in order.

    Attributes:
        item_ids, author_ids: `int64[n]`; author -1 where the data names none.
        positions: `int32[n]`, 0-based places in the feed.
        scores: `float32[n]`.
        source_bits: `uint32[n]`.
        features: `float32[n, FEATURE_COUNT]` for a sample of pages, else `None`.
    """

    feed_id: str
    item_ids: npt.NDArray[np.int64]
    author_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]
    source_bits: npt.NDArray[np.uint32]
    receipt: Receipt
    next_page_token: str = ""
    features: npt.NDArray[np.float32] | None = field(default=None)

    def __len__(self) -> int:
        return len(self.item_ids)

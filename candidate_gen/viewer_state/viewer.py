"""What is known of a viewer when a request comes in: the generation's facts and the bus's since."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the viewer is.

    Attributes:
        region, language: Vocabulary codes; 0 unknown.
        created_ms: Unix ms of joining; 0 unknown.
        allow_sensitive: The viewer asked for sensitive items.
    """

    region: int = 0
    language: int = 0
    created_ms: int = 0
    allow_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ViewerState:
    """One viewer, base and overlay merged, as of the request's time. No array holds NaN.

    Attributes:
        totals: `float32[7]`, `generation.viewer_columns.VIEWER_TOTALS`.
        last_action_ms: Unix ms; 0 none.
        clicks_5m, views_5m, categories_5m: Clicks, impressions and distinct main categories
            clicked in the five minutes before the request.
        items_seen: Distinct items with any action, at most 2,000.
        recent_seen, recent_positives: How many of the 50 items seen last there are, and how many of
            them are among the positives.
        positive_item_ids, positive_ms: `int64[p]`, p <= 50, distinct, newest first.
        seen_item_ids: `int64[s]`, s <= 2,000: any action in the last 14 days, any order.
        category_codes: `int32[c]`, distinct, in any order, never 0.
        category_impressions, category_positives: `float32[c]`, parallel.
        author_ids: `int64[a]`, distinct, in any order.
        author_impressions, author_positives: `float32[a]`, parallel.
        vector: `float32[dim]`, in the space of the generation's item vectors; zeros only where
            not even a mean vector is known.
        folded_vector: `float32[dim]`, folded in from the recent positives alone, however few, as
            in training rows: what the ranker's features read; zeros without positives.
        has_vector: Whether `vector` is the viewer's own (three positives, or a stored one), not a
            mean of region and language.
        cluster_vectors: `float32[k, dim]`, k <= 3: centres of the recent positives.
    """

    profile: Profile
    totals: Floats
    last_action_ms: int
    clicks_5m: float
    views_5m: float
    categories_5m: float
    items_seen: float
    recent_seen: float
    recent_positives: float
    positive_item_ids: Ids
    positive_ms: Ids
    seen_item_ids: Ids
    category_codes: npt.NDArray[np.int32]
    category_impressions: Floats
    category_positives: Floats
    author_ids: Ids
    author_impressions: Floats
    author_positives: Floats
    vector: Floats
    folded_vector: Floats
    has_vector: bool
    cluster_vectors: Floats


class ViewerStates(Protocol):
    """Where viewers' states come from."""

    async def read(
        self, viewer_id: int, now_ms: int, region: int = 0, language: int = 0
    ) -> ViewerState:
        """Read one viewer in one round trip; a cold state for a viewer nobody knows.

        Args:
            region, language: Codes that the request names: the mean of viewers there stands in
                for a vector of one whose profile does not say where.

        Raises:
            StateUnavailableError: the store did not answer.
        """
        ...

    def cold(self, region: int, language: int) -> ViewerState:
        """A viewer of whom nothing is read, with the mean of region and language codes."""
        ...

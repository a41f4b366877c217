"""Drops items too old for the surface."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Mask, Query


class AgeFilter:
    """Keeps items created at or after `eligibility.oldest_ms`; 0 keeps all.

    An item dated after the request is kept: clocks of writers and readers differ by seconds.
    """

    name = "age"
    is_safety = False

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        oldest_ms = query.eligibility.oldest_ms
        if oldest_ms == 0:
            return np.ones(len(batch), np.bool_)
        keep: Mask = batch["created_ms"] >= oldest_ms
        return keep

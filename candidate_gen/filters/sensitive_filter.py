"""Drops sensitive items for viewers who did not ask for them."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Mask, Query


class SensitiveFilter:
    """Reads column `is_sensitive`."""

    name = "sensitive"
    is_safety = True

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        if query.eligibility.allow_sensitive:
            return np.ones(len(batch), np.bool_)
        keep: Mask = batch["is_sensitive"] == 0
        return keep

"""Drops items in another language."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Mask, Query


class LanguageFilter:
    """Keeps items in the viewer's language; an unknown language on either side suits."""

    name = "language"
    is_safety = False

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        language = query.eligibility.language
        if language == 0:
            return np.ones(len(batch), np.bool_)
        keep: Mask = (batch["language"] == language) | (batch["language"] == 0)
        return keep

"""Drops items meant for another region."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Mask, Query


class RegionFilter:
    """Keeps items of the viewer's region; an unknown region on either side suits."""

    name = "region"
    is_safety = False

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        region = query.eligibility.region
        if region == 0:
            return np.ones(len(batch), np.bool_)
        keep: Mask = (batch["region"] == region) | (batch["region"] == 0)
        return keep

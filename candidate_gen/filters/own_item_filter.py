"""Drops the viewer's own items."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Mask, Query


class OwnItemFilter:
    """Reads `query.own_author_id`, which is `None` where authors are no viewers."""

    name = "own_item"
    is_safety = False

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        if query.own_author_id is None:
            return np.ones(len(batch), np.bool_)
        keep: Mask = batch["author_id"] != query.own_author_id
        return keep

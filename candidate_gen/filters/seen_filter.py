"""Drops items the viewer has seen."""

from candidate_gen.batch import CandidateBatch, Mask, Query
from candidate_gen.membership import is_among


class SeenFilter:
    """Reads `eligibility.excluded_item_ids`: seen in 14 days, just served, hidden or deleted."""

    name = "seen"
    is_safety = False

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        return ~is_among(batch["item_id"], query.eligibility.excluded_item_ids)

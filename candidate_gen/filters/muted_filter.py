"""Drops items of authors whom the viewer muted."""

from candidate_gen.batch import CandidateBatch, Mask, Query
from serving.contracts.graph import MUTED


class MutedFilter:
    """Reads column `relation_flags`."""

    name = "muted"
    is_safety = True

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:  # noqa: ARG002 - the flags are the viewer's
        keep: Mask = batch["relation_flags"] & MUTED == 0
        return keep

"""Drops items of authors who block the viewer or are blocked."""

from candidate_gen.batch import CandidateBatch, Mask, Query
from serving.contracts.graph import BLOCKED


class BlockedFilter:
    """Reads column `relation_flags`, in which blocks count both ways."""

    name = "blocked"
    is_safety = True

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:  # noqa: ARG002 - the flags are the viewer's
        keep: Mask = batch["relation_flags"] & BLOCKED == 0
        return keep

"""Drops items too old for the surface."""

from candidate_gen.batch import CandidateBatch, Mask, Query


class AgeFilter:
    """Keeps items created at or after `eligibility.oldest_ms`; 0 keeps all.

    An item dated after the request is kept: clocks of writers and readers differ by seconds.
    """

    name = "age"

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        keep: Mask = batch["created_ms"] >= query.eligibility.oldest_ms
        if query.eligibility.oldest_ms == 0:
            keep[:] = True
        return keep

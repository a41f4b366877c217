"""Drops items of authors whom the session knows to be blocked or muted."""

from candidate_gen.batch import CandidateBatch, Mask, Query
from candidate_gen.membership import is_among


class ExcludedAuthorFilter:
    """Reads `eligibility.excluded_author_ids`.

    It is what still protects the viewer when the graph cannot be asked.
    """

    name = "excluded_author"
    is_safety = True

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        return ~is_among(batch["author_id"], query.eligibility.excluded_author_ids)

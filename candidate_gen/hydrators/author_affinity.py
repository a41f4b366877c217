"""What the viewer did with each candidate's author."""

from candidate_gen.batch import CandidateBatch, Column, Query
from candidate_gen.membership import values_of


class AuthorAffinity:
    """Fills `author_impressions` and `author_positives`, `float32[n]`; 0 where unknown."""

    name = "author_affinity"
    columns = ("author_impressions", "author_positives")

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        viewer = query.viewer
        impressions, positives = values_of(
            batch["author_id"],
            viewer.author_ids,
            viewer.author_impressions,
            viewer.author_positives,
        )
        return {"author_impressions": impressions, "author_positives": positives}

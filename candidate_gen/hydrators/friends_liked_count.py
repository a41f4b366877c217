"""How many friends liked each candidate lately."""

from candidate_gen.batch import CandidateBatch, Column, Query
from candidate_gen.membership import values_of


class FriendsLikedCount:
    """Fills `friends_liked`, `float32[n]`, whichever source found the item."""

    name = "friends_liked_count"
    columns = ("friends_liked",)

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        neighbourhood = query.neighbourhood
        (counts,) = values_of(
            batch["item_id"],
            neighbourhood.friends_liked_item_ids,
            neighbourhood.friends_liked_counts,
        )
        return {"friends_liked": counts}

"""Items that friends liked lately."""

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import MAX_PART_IDS, PartKind


class FriendsLiked:
    """Weighs items by how many friends liked them."""

    name = "friends_liked"

    def plan(self, query: Query) -> Question | None:
        neighbourhood = query.neighbourhood
        if not len(neighbourhood.friends_liked_item_ids):
            return None
        return Question(
            PartKind.ITEMS,
            ids=neighbourhood.friends_liked_item_ids[:MAX_PART_IDS],
            weights=neighbourhood.friends_liked_counts[:MAX_PART_IDS],
        )

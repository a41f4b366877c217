"""Newest items of authors the viewer follows."""

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import MAX_PART_IDS, PartKind


class InNetwork:
    """Weighs authors by affinity; silent for viewers who follow nobody."""

    name = "in_network"

    def plan(self, query: Query) -> Question | None:
        neighbourhood = query.neighbourhood
        if not len(neighbourhood.followed_ids):
            return None
        return Question(
            PartKind.AUTHORS,
            ids=neighbourhood.followed_ids[:MAX_PART_IDS],
            weights=neighbourhood.followed_affinity[:MAX_PART_IDS],
        )

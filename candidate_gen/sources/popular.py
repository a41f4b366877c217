"""The most popular items of the viewer's region."""

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import PartKind


class Popular:
    """Asks for everybody; the region is part of what is eligible."""

    name = "popular"

    def plan(self, query: Query) -> Question | None:  # noqa: ARG002 - the same for all
        return Question(PartKind.POPULAR)

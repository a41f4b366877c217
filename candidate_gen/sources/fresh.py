"""The newest items, so that those nobody has judged yet are shown to somebody."""

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import PartKind


class Fresh:
    """Asks for everybody; region, language and age are part of what is eligible."""

    name = "fresh"

    def plan(self, query: Query) -> Question | None:  # noqa: ARG002 - the same for all
        return Question(PartKind.FRESH)

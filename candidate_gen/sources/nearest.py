"""Items whose vectors are closest, by dot product, to the viewer's."""

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import PartKind


class Nearest:
    """Asks with the viewer's vector, or the mean of region and language for a new viewer."""

    name = "nearest"

    def plan(self, query: Query) -> Question | None:
        vector = query.viewer.vector
        if not vector.any():
            return None
        return Question(PartKind.VECTORS, vectors=vector[None, :])

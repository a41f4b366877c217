"""Items close to any cluster of what the viewer liked lately."""

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import PartKind


class SimilarToLiked:
    """Reaches several tastes of one viewer, which one vector would average away."""

    name = "similar_to_liked"

    def plan(self, query: Query) -> Question | None:
        clusters = query.viewer.cluster_vectors
        if not len(clusters):
            return None
        return Question(PartKind.VECTORS, vectors=clusters)

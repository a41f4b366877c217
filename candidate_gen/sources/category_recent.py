"""Recent items of the categories the viewer likes most."""

import numpy as np

from candidate_gen.batch import Query
from candidate_gen.stages import Question
from serving.contracts.shard import PartKind

MAX_CATEGORIES_ASKED = 10


class CategoryRecent:
    """Weighs a category by the viewer's positives in it, 1 being the mean of those asked."""

    name = "category_recent"

    def plan(self, query: Query) -> Question | None:
        codes, positives = query.viewer.category_codes, query.viewer.category_positives
        best = np.lexsort((codes, -positives))[:MAX_CATEGORIES_ASKED]
        best = best[positives[best] > 0]
        if not len(best):
            return None
        weights = positives[best] / positives[best].mean()
        return Question(
            PartKind.CATEGORIES,
            ids=codes[best].astype(np.int64),
            weights=weights.astype(np.float32),
        )

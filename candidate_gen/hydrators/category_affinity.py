"""What the viewer did in each candidate's categories."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Column, Query


class CategoryAffinity:
    """Fills `category_impressions` and `category_positives`, `float32[n, 4]`; 0 where unknown.

    Args:
        category_count: Categories of the vocabulary, whose codes run from 1.
    """

    name = "category_affinity"
    columns = ("category_impressions", "category_positives")

    def __init__(self, category_count: int) -> None:
        self._code_count = category_count + 1

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        viewer, categories = query.viewer, batch["categories"]
        # A table over all codes: gathering from it is a tenth of searching for each candidate.
        by_code = np.zeros((2, self._code_count), np.float32)
        by_code[0, viewer.category_codes] = viewer.category_impressions
        by_code[1, viewer.category_codes] = viewer.category_positives
        return {
            "category_impressions": by_code[0].take(categories),
            "category_positives": by_code[1].take(categories),
        }

"""Which candidates were posted in a group of the viewer's."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Column, Query
from candidate_gen.membership import is_among


class SameGroup:
    """Fills `same_group`, `uint8[n]`. Reads `eligibility.group_ids`."""

    name = "same_group"
    columns = ("same_group",)

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        in_group = is_among(batch["group_id"], query.eligibility.group_ids)
        return {"same_group": in_group.view(np.uint8)}

"""How the viewer stands to each candidate's author."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Column, Query
from candidate_gen.membership import is_among
from serving.contracts.graph import FOLLOWS, FRIEND, SECOND_DEGREE


class Acquaintance:
    """Fills `follows_author`, `is_friend` (`uint8[n]`) and `follow_distance` (`float32[n]`).

    Reads column `relation_flags`. An author unfollowed a moment ago is no longer followed, even
    where the graph has yet to hear of it.
    """

    name = "acquaintance"
    columns = ("follows_author", "is_friend", "follow_distance")

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        flags = batch["relation_flags"]
        unfollowed = is_among(batch["author_id"], np.sort(query.request.unfollowed_author_ids))
        follows = (flags & FOLLOWS > 0) & ~unfollowed
        distance = np.where(flags & SECOND_DEGREE > 0, np.float32(2), np.float32(3))
        distance[follows] = 1
        return {
            "follows_author": follows.astype(np.uint8),
            "is_friend": ((flags & FRIEND > 0) & ~unfollowed).astype(np.uint8),
            "follow_distance": distance,
        }

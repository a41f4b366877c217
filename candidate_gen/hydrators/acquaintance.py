"""How the viewer stands to each candidate's author."""

import numpy as np

from candidate_gen.batch import CandidateBatch, Column, Query
from candidate_gen.membership import is_among
from serving.contracts.graph import FOLLOWS, FRIEND, SECOND_DEGREE

EVERY_FLAGS = np.arange(256)
"""All that flags can be: a look into a table of them costs less than to work anything out."""

IS_FOLLOWED = (EVERY_FLAGS & FOLLOWS > 0).astype(np.uint8)
IS_FRIEND = (EVERY_FLAGS & FRIEND > 0).astype(np.uint8)
IS_SECOND_DEGREE = EVERY_FLAGS & SECOND_DEGREE > 0
DISTANCE = np.where(IS_FOLLOWED, 1, np.where(IS_SECOND_DEGREE, 2, 3)).astype(np.float32)


class Acquaintance:
    """Fills `follows_author`, `is_friend` (`uint8[n]`) and `follow_distance` (`float32[n]`).

    Reads column `relation_flags`. An author unfollowed a moment ago is no longer followed, even
    where the graph has yet to hear of it.
    """

    name = "acquaintance"
    columns = ("follows_author", "is_friend", "follow_distance")

    def hydrate(self, query: Query, batch: CandidateBatch) -> dict[str, Column]:
        flags, unfollowed = batch["relation_flags"], query.request.unfollowed_author_ids
        if len(unfollowed):
            gone = is_among(batch["author_id"], np.sort(unfollowed))
            flags = np.where(gone, flags & np.uint8(~(FOLLOWS | FRIEND) & 255), flags)
        return {
            "follows_author": IS_FOLLOWED.take(flags),
            "is_friend": IS_FRIEND.take(flags),
            "follow_distance": DISTANCE.take(flags),
        }

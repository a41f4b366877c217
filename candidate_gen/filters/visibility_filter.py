"""Drops items that only followers, friends or a group may see, unless the viewer is one of them."""

import numpy as np
import numpy.typing as npt

from candidate_gen.batch import CandidateBatch, Mask, Query
from generation.compiled import BOOLS, INT64S, UINT8S, compiled, own
from generation.item_columns import FOLLOWERS, FRIENDS, GROUP, PUBLIC
from generation.sorted_ids import holds
from serving.contracts.shard import Ids


class VisibilityFilter:
    """Reads the lists of `eligibility`, which are empty, so let nothing pass, when unknown.

    A visibility this code does not know lets nobody see the item.
    """

    name = "visibility"
    is_safety = True

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        may_see = query.eligibility
        keep: Mask = are_visible(
            batch["visibility"],
            batch["author_id"],
            batch["group_id"],
            own(may_see.followed_ids),
            own(may_see.friend_ids),
            own(may_see.group_ids),
        )
        return keep


@compiled(BOOLS, UINT8S, INT64S, INT64S, INT64S, INT64S, INT64S)
def are_visible(
    visibility: npt.NDArray[np.uint8],
    authors: Ids,
    groups: Ids,
    followed: Ids,
    friends: Ids,
    own_groups: Ids,
) -> Mask:
    """Per item whether the viewer may see it; the viewer's lists ascend."""
    visible = np.empty(len(visibility), np.bool_)
    for at in range(len(visibility)):
        kind, author = visibility[at], authors[at]
        visible[at] = (
            kind == PUBLIC
            or (kind == FOLLOWERS and holds(followed, author))
            or (kind == FRIENDS and holds(friends, author))
            or (kind == GROUP and holds(own_groups, groups[at]))
        )
    return visible

"""Drops items that only followers, friends or a group may see, unless the viewer is one of them."""

from candidate_gen.batch import CandidateBatch, Mask, Query
from candidate_gen.membership import is_among
from generation.item_columns import FOLLOWERS, FRIENDS, GROUP, PUBLIC


class VisibilityFilter:
    """Reads the lists of `eligibility`, which are empty, so let nothing pass, when unknown.

    A visibility this code does not know lets nobody see the item.
    """

    name = "visibility"
    is_safety = True

    def keep(self, query: Query, batch: CandidateBatch) -> Mask:
        visibility, may_see = batch["visibility"], query.eligibility
        keep: Mask = visibility == PUBLIC
        if keep.all():
            return keep
        authors = batch["author_id"]
        keep |= (visibility == FOLLOWERS) & is_among(authors, may_see.followed_ids)
        keep |= (visibility == FRIENDS) & is_among(authors, may_see.friend_ids)
        keep |= (visibility == GROUP) & is_among(batch["group_id"], may_see.group_ids)
        return keep

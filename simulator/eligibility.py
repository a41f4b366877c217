"""Which items a viewer may be shown at a moment, by the rules the product promises."""

from dataclasses import dataclass

from simulator.arrays import NOTHING, Bools, Ints
from simulator.people import People
from simulator.posts import FOLLOWERS, FRIENDS, GROUP, PUBLIC, Posts
from simulator.relations import Relations


@dataclass(frozen=True)
class Eligibility:
    """Rules over (viewer, item) index rows. Rows broadcast against each other."""

    people: People
    posts: Posts
    relations: Relations

    def allows(self, viewer: Ints, item: Ints, now_ms: Ints) -> Bools:
        """Say for each row whether the item may stand in the viewer's feed at `now_ms`."""
        people, posts = self.people, self.posts
        author = posts.author[item]
        language, region = posts.language[item], posts.region[item]
        allowed: Bools = (
            (posts.created_ms[item] < now_ms)
            & (author != viewer)
            & ((language == NOTHING) | (language == people.language[viewer]))
            & ((region == NOTHING) | (region == people.region[viewer]))
            & (people.allow_sensitive[viewer] | ~posts.is_sensitive[item])
            & self._is_visible(viewer, item, now_ms)
            & ~self.relations.blocks.holds(viewer, author, now_ms)
            & ~self.relations.blocks.holds(author, viewer, now_ms)
            & ~self.relations.mutes.holds(viewer, author, now_ms)
        )
        return allowed

    def _is_visible(self, viewer: Ints, item: Ints, now_ms: Ints) -> Bools:
        visibility, author = self.posts.visibility[item], self.posts.author[item]
        relations = self.relations
        visible: Bools = (
            (visibility == PUBLIC)
            | ((visibility == FOLLOWERS) & relations.follows.holds(viewer, author, now_ms))
            | ((visibility == FRIENDS) & relations.friends.holds(viewer, author, now_ms))
        )
        group = self.posts.group[item]
        is_member = relations.memberships.holds(viewer, group, now_ms)
        visible |= (visibility == GROUP) & (group != NOTHING) & is_member
        return visible

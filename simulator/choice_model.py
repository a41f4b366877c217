"""The ground truth: how likely a viewer is to click, like, and so on, and from what.

Every chance is a logistic function of taste match, quality, relation to the author, what
friends liked, freshness, hour and device. Position is no part of it: it decides only whether
an item is looked at at all (`reactions.py`).
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Floats, Ints, sigmoid
from simulator.people import People
from simulator.posts import Posts
from simulator.relations import Relations
from simulator.settings import HOUR_MS
from simulator.timed_pairs import TimedPairs

CLICK_BASE = -3.4
CLICK_MATCH = 4.2
"""Log-odds between a post off the viewer's taste (match 0) and one exactly on it (match 1)."""
CLICK_QUALITY = 0.55
FOLLOWED, FRIEND, SAME_GROUP, FRIENDS_LIKED = 0.7, 0.5, 0.4, 0.6
FRESH, FRESH_HOURS = 0.6, 24
EVENING = 0.2
"""Amplitude of the day's rhythm; people are keenest at 21:00 UTC."""
DEVICE_LIFT = np.array([[0.25, 0.05, -0.2, 0.1], [-0.2, 0.0, 0.3, 0.0], [0.1, 0.1, 0.0, 0.0]])
"""Log-odds by device (mobile, desktop, tablet) and kind (video, photo, text, poll)."""


@dataclass(frozen=True)
class ChoiceModel:
    """Chances over (viewer, item) index rows at `now_ms`. Rows broadcast.

    Attributes:
        liked_by_friends: (viewer, item) pairs since a friend first liked the item.
    """

    people: People
    posts: Posts
    relations: Relations
    liked_by_friends: TimedPairs

    def match(self, viewer: Ints, item: Ints) -> Floats:
        """Cosine of the viewer's taste and the item's topic, in [-1, 1]."""
        match: Floats = np.einsum(
            "...d,...d->...", self.people.taste[viewer], self.posts.topic[item]
        )
        return match

    def click_logit(self, viewer: Ints, item: Ints, now_ms: Ints) -> Floats:
        """Log-odds of a click by a viewer who looks at the item, before the device's part."""
        relations, author = self.relations, self.posts.author[item]
        age_hours = np.maximum(now_ms - self.posts.created_ms[item], 0) / HOUR_MS
        hour = now_ms / HOUR_MS % 24
        logit: Floats = (
            CLICK_BASE
            + CLICK_MATCH * self.match(viewer, item)
            + CLICK_QUALITY * self.posts.quality[item]
            + FOLLOWED * relations.follows.holds(viewer, author, now_ms)
            + FRIEND * relations.friends.holds(viewer, author, now_ms)
            + SAME_GROUP * relations.memberships.holds(viewer, self.posts.group[item], now_ms)
            + FRIENDS_LIKED * self.liked_by_friends.holds(viewer, item, now_ms)
            + FRESH * np.exp(-age_hours / FRESH_HOURS)
            + EVENING * np.cos((hour - 21) * 2 * np.pi / 24)
        )
        return logit

    def expected_device_lift(self, viewer: Ints, item: Ints) -> Floats:
        """Log-odds of the item's kind on the viewer's usual mix of devices."""
        mobile, kind = self.people.mobile_share[viewer], self.posts.kind[item]
        elsewhere = 0.8 * DEVICE_LIFT[1, kind] + 0.2 * DEVICE_LIFT[2, kind]
        lift: Floats = mobile * DEVICE_LIFT[0, kind] + (1 - mobile) * elsewhere
        return lift

    def click(self, viewer: Ints, item: Ints, now_ms: Ints) -> Floats:
        """Chance of a click by a viewer who looks at the item, on a usual device."""
        logit = self.click_logit(viewer, item, now_ms)
        return sigmoid(logit + self.expected_device_lift(viewer, item))

    def like_after_click(self, viewer: Ints, item: Ints) -> Floats:
        quality = self.posts.quality[item]
        return sigmoid(-2.0 + 2.0 * self.match(viewer, item) + 0.5 * quality)

    def share_after_click(self, viewer: Ints, item: Ints) -> Floats:
        quality = self.posts.quality[item]
        return sigmoid(-3.6 + 1.5 * self.match(viewer, item) + 0.7 * quality)

    def comment_after_click(self, viewer: Ints, item: Ints, now_ms: Ints) -> Floats:
        is_friend = self.relations.friends.holds(viewer, self.posts.author[item], now_ms)
        return sigmoid(-3.2 + 1.0 * self.match(viewer, item) + 1.2 * is_friend)

    def hide(self, viewer: Ints, item: Ints) -> Floats:
        """Chance that a viewer who looks at the item, and does not click, hides it."""
        quality = self.posts.quality[item]
        return sigmoid(-4.7 - 2.5 * self.match(viewer, item) - 0.8 * quality)

    def report(self, item: Ints) -> Floats:
        """Chance that a viewer who looks at the item, and does not click, reports it."""
        is_sensitive = self.posts.is_sensitive[item]
        return sigmoid(-7.5 - 1.2 * self.posts.quality[item] + 2.0 * is_sensitive)

    def watched_share(self, viewer: Ints, item: Ints) -> Floats:
        """Mean share of the item that a viewer who clicked watches, in (0, 1)."""
        quality = self.posts.quality[item]
        return sigmoid(-0.6 + 1.6 * self.match(viewer, item) + 0.5 * quality)

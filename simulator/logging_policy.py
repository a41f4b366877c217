"""The feed that made the log: a plain mixture of sources, none of which knows the truth in full.

It is no good ranker on purpose: part of it is chance, so that the log says something about
items nobody would have chosen, and there is room to do better.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import NOTHING, Floats, Ints
from simulator.eligibility import Eligibility
from simulator.people import FAVOURITE_WEIGHTS, People
from simulator.posts import PUBLIC, Posts
from simulator.settings import DAY_MS
from simulator.shelf import Shelf
from simulator.timed_pairs import TimedPairs
from simulator.visits import Visits
from simulator.vocabulary import CATEGORIES, LANGUAGES
from simulator.weighted_groups import WeightedGroups

SOURCE_SHARES = np.array(
    [
        # followed, group, friends liked, popular, taste, fresh, random
        [0.30, 0.05, 0.08, 0.17, 0.22, 0.10, 0.08],  # home
        [0.00, 0.00, 0.05, 0.35, 0.35, 0.15, 0.10],  # explore
    ]
)
POPULAR_LIFE_DAYS = 4.0
"""Age after which a click counts for 1/e of its popularity."""


@dataclass(frozen=True)
class Impressions:
    """Items shown, one row each, by visit and position.

    Attributes:
        visit: `int64[n]` row of the visit, ascending.
        position: `int64[n]` from 0 in every visit, without gaps.
    """

    visit: Ints
    position: Ints
    viewer: Ints
    item: Ints

    def __len__(self) -> int:
        return len(self.item)


class LoggingPolicy:
    """Fills pages from seven sources over shelves of posts."""

    def __init__(self, people: People, posts: Posts) -> None:
        self._people, self._posts = people, posts
        items = np.arange(len(posts))
        self._by_author = Shelf(posts.author, items, posts.created_ms)
        in_group = items[posts.group != NOTHING]
        self._by_group = Shelf(posts.group[in_group], in_group, posts.created_ms[in_group])
        self._language, self._item = _per_language(posts)
        created_ms = posts.created_ms[self._item]
        self._by_language = Shelf(self._language, self._item, created_ms)
        cell = self._language * len(CATEGORIES) + posts.category[self._item]
        self._by_category = Shelf(cell, self._item, created_ms)

    def show(
        self,
        rng: np.random.Generator,
        visits: Visits,
        eligibility: Eligibility,
        seen: TimedPairs,
        liked_by_friends: TimedPairs,
        clicks: Floats,
    ) -> Impressions:
        """Choose what every visit shows: eligible, and never shown to the viewer before.

        Args:
            seen: (viewer, item) pairs shown on earlier days.
            clicks: `float64[items]`, clicks so far, old ones decayed.
        """
        visit = np.repeat(np.arange(len(visits)), visits.depth)
        viewer, now_ms = visits.viewer[visit], visits.started_ms[visit]
        shares = np.cumsum(SOURCE_SHARES, axis=1)[visits.surface[visit]]
        source = np.argmax(rng.random(len(visit))[:, None] < shares, axis=1)
        day_ms = int(visits.started_ms.min(initial=np.iinfo(np.int64).max)) // DAY_MS * DAY_MS
        popular = self._popular(clicks, day_ms)
        drawn = self._draw(rng, viewer, now_ms, eligibility, liked_by_friends, popular)
        item = np.choose(source, drawn)
        item = np.where(item == NOTHING, drawn[-1], item)
        may_show = (item != NOTHING) & ~seen.holds(viewer, item, now_ms)
        may_show &= eligibility.allows(viewer, item, now_ms)
        rows = np.flatnonzero(may_show)
        _, first = np.unique(viewer[rows] * len(self._posts) + item[rows], return_index=True)
        rows = rows[np.sort(first)]
        return Impressions(visit[rows], _positions(visit[rows]), viewer[rows], item[rows])

    def _draw(
        self,
        rng: np.random.Generator,
        viewer: Ints,
        now_ms: Ints,
        eligibility: Eligibility,
        liked_by_friends: TimedPairs,
        popular: WeightedGroups,
    ) -> list[Ints]:
        """One item per row from each source, in the order of `SOURCE_SHARES`."""
        count = len(viewer)
        relations, language = eligibility.relations, self._people.language[viewer]
        followed = relations.follows.draw(viewer, rng.random(count))
        group = relations.memberships.draw(viewer, rng.random(count))
        loved = rng.choice(3, count, p=FAVOURITE_WEIGHTS)
        cell = language * len(CATEGORIES) + self._people.favourite[viewer, loved]
        return [
            self._by_author.pick_newest(followed, now_ms, rng.exponential(2.5, count)),
            self._by_group.pick_newest(group, now_ms, rng.exponential(4.0, count)),
            liked_by_friends.draw(viewer, rng.random(count)),
            popular.draw(language, rng.random(count)),
            self._by_category.pick(cell, now_ms, rng.beta(1, 3, count)),
            self._by_language.pick(language, now_ms, rng.beta(1, 60, count)),
            self._by_language.pick(language, now_ms, rng.random(count)),
        ]

    def _popular(self, clicks: Floats, day_ms: int) -> WeightedGroups:
        age_days = (day_ms - self._posts.created_ms) / DAY_MS
        weight = (clicks + 0.2) * np.exp(-np.maximum(age_days, 0) / POPULAR_LIFE_DAYS)
        weight = np.where((age_days > 0) & (self._posts.visibility == PUBLIC), weight, 0.0)
        return WeightedGroups(self._language, self._item, weight[self._item], len(LANGUAGES))


def _per_language(posts: Posts) -> tuple[Ints, Ints]:
    """Language and item of every shelf place; items of no language stand on all shelves."""
    languages, items = [], []
    for language in range(len(LANGUAGES)):
        fits = np.flatnonzero((posts.language == language) | (posts.language == NOTHING))
        items.append(fits)
        languages.append(np.full(len(fits), language))
    return np.concatenate(languages), np.concatenate(items)


def _positions(visit: Ints) -> Ints:
    """Number the rows of each visit from 0; `visit` is ascending."""
    return np.arange(len(visit)) - np.searchsorted(visit, visit)

"""Who follows, befriends, joins, blocks and mutes: like finds like, and the famous are followed."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import NOTHING, Floats, Ints
from simulator.people import FAVOURITE_WEIGHTS, People
from simulator.settings import DAY_MS, WorldSettings
from simulator.timed_pairs import TimedPairs
from simulator.vocabulary import CATEGORIES, LANGUAGES
from simulator.weighted_groups import WeightedGroups

LONELY_SHARE = 0.03
"""Viewers who follow nobody."""
LIKE_MINDED_SHARE, FAMOUS_SHARE = 0.6, 0.3
"""How a follow comes about; the rest is chance."""
FOLLOWED_BACK = 0.35
"""Chance that a like-minded author follows back, which makes the two friends."""
NEW_SHARE = 0.15
"""Relations that begin while the log runs; the others began in the year before."""
VIEWERS_PER_GROUP = 60


@dataclass(frozen=True)
class Groups:
    """Groups of a language about a category; index `g` has the id `g + 1`."""

    category: Ints
    language: Ints

    def __len__(self) -> int:
        return len(self.category)


@dataclass(frozen=True)
class Relations:
    """Pairs of viewer and author indices, or viewer and group, each since a moment.

    Attributes:
        friends: Mutual follows, since the later of the two; held in both directions.
    """

    follows: TimedPairs
    friends: TimedPairs
    memberships: TimedPairs
    blocks: TimedPairs
    mutes: TimedPairs


def make_groups(rng: np.random.Generator, people: People) -> Groups:
    """Found groups in proportion to who speaks which language."""
    count = max(4, len(people) // VIEWERS_PER_GROUP)
    founder = rng.integers(len(people), size=count)
    return Groups(people.favourite[founder, 0], people.language[founder])


def make_relations(
    rng: np.random.Generator, settings: WorldSettings, people: People, groups: Groups
) -> Relations:
    """Draw the relations of a world, those that begin during the log included."""
    follows = _follows(rng, settings, people)
    return Relations(
        follows=follows,
        friends=_mutual(follows),
        memberships=_memberships(rng, settings, people, groups),
        blocks=_dislikes(rng, settings, people, 0.3),
        mutes=_dislikes(rng, settings, people, 0.4),
    )


def _follows(rng: np.random.Generator, settings: WorldSettings, people: People) -> TimedPairs:
    count = len(people)
    wanted = np.minimum(rng.lognormal(2.6, 0.9, count), min(300, count // 2)).astype(np.int64)
    wanted[rng.random(count) < LONELY_SHARE] = 0
    viewer = np.repeat(np.arange(count), wanted)
    manner = rng.random(len(viewer))
    like_minded = manner < LIKE_MINDED_SHARE
    famous = ~like_minded & (manner < LIKE_MINDED_SHARE + FAMOUS_SHARE)
    author = rng.integers(count, size=len(viewer))
    author = np.where(like_minded, _like_minded(rng, people, viewer), author)
    author = np.where(famous, _famous(rng, people, viewer), author)
    answered = like_minded & (rng.random(len(viewer)) < FOLLOWED_BACK)
    left = np.concatenate([viewer, author[answered]])
    right = np.concatenate([author, viewer[answered]])
    since_ms = _moments(rng, settings, len(left))
    since_ms = np.maximum(since_ms, np.maximum(people.created_ms[left], people.created_ms[right]))
    is_pair = (left != right) & (left != NOTHING) & (right != NOTHING)
    return TimedPairs.of(left[is_pair], right[is_pair], since_ms[is_pair], count)


def _like_minded(rng: np.random.Generator, people: People, viewer: Ints) -> Ints:
    """Draw an author of the viewer's language whose dearest category the viewer loves."""
    bucket = people.language * len(CATEGORIES) + people.favourite[:, 0]
    weight = people.posting + 0.1
    authors = WeightedGroups(
        bucket, np.arange(len(people)), weight, len(LANGUAGES) * len(CATEGORIES)
    )
    loved = people.favourite[viewer, rng.choice(3, len(viewer), p=FAVOURITE_WEIGHTS)]
    return authors.draw(people.language[viewer] * len(CATEGORIES) + loved, rng.random(len(viewer)))


def _famous(rng: np.random.Generator, people: People, viewer: Ints) -> Ints:
    """Draw an author of the viewer's language, the skilled and busy far more often."""
    fame: Floats = people.posting * np.exp(1.2 * people.skill)
    authors = WeightedGroups(people.language, np.arange(len(people)), fame, len(LANGUAGES))
    return authors.draw(people.language[viewer], rng.random(len(viewer)))


def _mutual(follows: TimedPairs) -> TimedPairs:
    left, right = follows.left, follows.right
    back = right * follows.right_count + left
    at = np.minimum(np.searchsorted(follows.keys, back), max(len(follows) - 1, 0))
    is_mutual = follows.keys[at] == back
    since_ms = np.maximum(follows.since_ms, follows.since_ms[at])[is_mutual]
    return TimedPairs(follows.keys[is_mutual], since_ms, follows.right_count)


def _memberships(
    rng: np.random.Generator, settings: WorldSettings, people: People, groups: Groups
) -> TimedPairs:
    bucket = groups.language * len(CATEGORIES) + groups.category
    by_bucket = WeightedGroups(
        bucket, np.arange(len(groups)), np.ones(len(groups)), len(LANGUAGES) * len(CATEGORIES)
    )
    viewer = np.repeat(np.arange(len(people)), 3)
    wanted = people.language[viewer] * len(CATEGORIES) + people.favourite.ravel()
    group = by_bucket.draw(wanted, rng.random(len(viewer)))
    joins = (group != NOTHING) & (rng.random(len(viewer)) < 0.6)
    viewer, group = viewer[joins], group[joins]
    since_ms = np.maximum(_moments(rng, settings, len(viewer)), people.created_ms[viewer])
    return TimedPairs.of(viewer, group, since_ms, len(groups))


def _dislikes(
    rng: np.random.Generator, settings: WorldSettings, people: People, mean_count: float
) -> TimedPairs:
    viewer = np.repeat(np.arange(len(people)), rng.poisson(mean_count, len(people)))
    author = _famous(rng, people, viewer)
    is_pair = (author != NOTHING) & (author != viewer)
    since_ms = np.maximum(_moments(rng, settings, len(viewer)), people.created_ms[viewer])
    return TimedPairs.of(viewer[is_pair], author[is_pair], since_ms[is_pair], len(people))


def _moments(rng: np.random.Generator, settings: WorldSettings, count: int) -> Ints:
    is_new = rng.random(count) < NEW_SHARE
    days = np.where(is_new, settings.day_count * rng.random(count), -365 * rng.random(count))
    return settings.start_ms + (days * DAY_MS).astype(np.int64)

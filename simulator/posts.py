"""The items: who posted what about which topic when, how good it is, and who may see it."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import NOTHING, Bools, Floats, Ints, unit_rows
from simulator.people import FAVOURITE_WEIGHTS, TOPIC_COUNT, People
from simulator.relations import Groups, Relations
from simulator.settings import DAY_MS, WorldSettings
from simulator.vocabulary import CATEGORIES, KINDS, VISIBILITIES

BACKLOG_SHARE = 0.4
"""Items posted in the 60 days before the log; the others are posted while it runs."""
BACKLOG_DAYS = 60
KIND_SHARES = (0.45, 0.3, 0.2, 0.05)
VISIBILITY_SHARES = (0.85, 0.06, 0.03, 0.06)
PUBLIC, FOLLOWERS, FRIENDS, GROUP = range(len(VISIBILITIES))
VIDEO = KINDS.index("video")


@dataclass(frozen=True)
class Posts:
    """One row per item, oldest first; index `i` has the id `FIRST_ITEM_ID + i`.

    Attributes:
        second_category: `NOTHING` for most.
        language, region: `NOTHING` means any.
        group: `NOTHING` unless visible to one group only.
        duration_ms: Length of a video; 0 for other kinds.
        consume_ms: Time it takes to watch, read or look through. Hidden.
        topic: `float64[n, TOPIC_COUNT]`, unit rows. Hidden.
        quality: `float64[n]`, about -2 to 2. Hidden.
    """

    author: Ints
    created_ms: Ints
    category: Ints
    second_category: Ints
    kind: Ints
    language: Ints
    region: Ints
    group: Ints
    visibility: Ints
    is_sensitive: Bools
    duration_ms: Ints
    consume_ms: Ints
    topic: Floats
    quality: Floats

    def __len__(self) -> int:
        return len(self.author)


def make_posts(
    rng: np.random.Generator,
    settings: WorldSettings,
    people: People,
    relations: Relations,
    groups: Groups,
    centres: Floats,
) -> Posts:
    """Draw the items of a world, up to the last minutes of its log."""
    count = settings.item_count
    author = rng.choice(len(people), count, p=people.posting / people.posting.sum())
    category, second = _categories(rng, people, author)
    visibility = rng.choice(len(VISIBILITIES), count, p=VISIBILITY_SHARES)
    group = relations.memberships.draw(author, rng.random(count))
    group = np.where(visibility == GROUP, group, NOTHING)
    visibility = np.where((visibility == GROUP) & (group == NOTHING), PUBLIC, visibility)
    in_group = group != NOTHING
    category = np.where(in_group, groups.category[group], category)
    topic = centres[category] + 0.4 * unit_rows(rng.standard_normal((count, TOPIC_COUNT)))
    topic += np.where(second != NOTHING, 0.5, 0.0)[:, None] * centres[second]
    kind = rng.choice(len(KINDS), count, p=KIND_SHARES)
    consume_ms = np.exp(rng.normal(np.log([35_000, 6_000, 20_000, 8_000])[kind], 0.6))
    consume_ms = consume_ms.astype(np.int64)
    is_local = rng.random(count) < 0.15
    return Posts(
        author=author,
        created_ms=_times(rng, settings),
        category=category,
        second_category=np.where(second == category, NOTHING, second),
        kind=kind,
        language=np.where(rng.random(count) < 0.12, NOTHING, people.language[author]),
        region=np.where(is_local, people.region[author], NOTHING),
        group=group,
        visibility=visibility,
        is_sensitive=rng.random(count) < 0.04,
        duration_ms=np.where(kind == VIDEO, consume_ms, 0),
        consume_ms=consume_ms,
        topic=unit_rows(topic),
        quality=0.6 * people.skill[author] + 0.8 * rng.standard_normal(count),
    )


def _categories(rng: np.random.Generator, people: People, author: Ints) -> tuple[Ints, Ints]:
    """Mostly what the author loves; a quarter of the posts belong to a second category."""
    count = len(author)
    loved = people.favourite[author, rng.choice(3, count, p=FAVOURITE_WEIGHTS)]
    any_category = rng.integers(len(CATEGORIES), size=count)
    category = np.where(rng.random(count) < 0.8, loved, any_category)
    second = np.where(rng.random(count) < 0.25, rng.integers(len(CATEGORIES), size=count), NOTHING)
    return category, np.where(second == category, NOTHING, second)


def _times(rng: np.random.Generator, settings: WorldSettings) -> Ints:
    """Moments of posting, ascending: a thin backlog, then a steady stream to the very end."""
    count = settings.item_count
    is_backlog = rng.random(count) < BACKLOG_SHARE
    days = np.where(
        is_backlog, -BACKLOG_DAYS * rng.random(count), settings.day_count * rng.random(count)
    )
    return settings.start_ms + np.sort((days * DAY_MS).astype(np.int64))

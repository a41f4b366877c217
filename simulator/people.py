"""The viewers: who they are, and the hidden tastes that everything they do follows from."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats, Ints, unit_rows
from simulator.settings import DAY_MS, WorldSettings
from simulator.vocabulary import CATEGORIES, FIRST_NAMES, LANGUAGES, LAST_NAMES, REGIONS

TOPIC_COUNT = 16
"""Width of the hidden space in which tastes and posts meet; a category is a direction in it."""
FAVOURITE_WEIGHTS = np.array([0.5, 0.3, 0.2])
"""Share of a viewer's interest in the first, second and third favourite category."""
TASTE_NOISE = 0.35
LANGUAGE_SHARES = np.array([0.55, 0.2, 0.15, 0.1])
REGION_SHARES = np.array([0.4, 0.3, 0.2, 0.1])
NEWCOMER_SHARE = 0.1
"""Viewers who join while the log runs; the others joined in the two years before."""
POSTER_SHARE = 0.35
SENSITIVE_ALLOWED_SHARE = 0.5


@dataclass(frozen=True)
class People:
    """One row per viewer; index `i` has the id `i + 1`.

    Attributes:
        taste: `float64[n, TOPIC_COUNT]`, unit rows. Hidden.
        favourite: `int64[n, 3]` category indices, the dearest first. Hidden.
        activity: `float64[n]`, visits relative to the mean viewer. Hidden.
        posting: `float64[n]`, posts relative to others; 0 for those who never post. Hidden.
        skill: `float64[n]`, mean quality of the posts, about -2 to 2. Hidden.
        mobile_share: `float64[n]`, share of visits on the phone. Hidden.
    """

    region: Ints
    language: Ints
    created_ms: Ints
    allow_sensitive: Bools
    display_name: list[str]
    taste: Floats
    favourite: Ints
    activity: Floats
    posting: Floats
    skill: Floats
    mobile_share: Floats

    def __len__(self) -> int:
        return len(self.region)


def category_centres(rng: np.random.Generator) -> Floats:
    """Direction of each category in the topic space: `float64[categories, TOPIC_COUNT]`.

    Their mean is taken out, so that no direction is everybody's taste.
    """
    centres = rng.standard_normal((len(CATEGORIES), TOPIC_COUNT))
    return unit_rows(centres - centres.mean(axis=0))


def make_people(rng: np.random.Generator, settings: WorldSettings, centres: Floats) -> People:
    """Draw the viewers of a world."""
    count = settings.viewer_count
    favourite = np.argsort(rng.random((count, len(CATEGORIES))), axis=1)[:, :3]
    taste = np.einsum("f,nfd->nd", FAVOURITE_WEIGHTS, centres[favourite])
    taste = unit_rows(taste) + TASTE_NOISE * unit_rows(rng.standard_normal(taste.shape))
    is_newcomer = rng.random(count) < NEWCOMER_SHARE
    is_newcomer[:3] = False
    joined_days = np.where(
        is_newcomer, rng.random(count) * settings.day_count, -730 * rng.random(count)
    )
    is_poster = rng.random(count) < POSTER_SHARE
    # However small the world, somebody has posted from the beginning.
    is_poster[:3] = True
    activity = rng.lognormal(0.0, 0.8, count)
    return People(
        region=rng.choice(len(REGIONS), count, p=REGION_SHARES),
        language=rng.choice(len(LANGUAGES), count, p=LANGUAGE_SHARES),
        created_ms=settings.start_ms + (joined_days * DAY_MS).astype(np.int64),
        allow_sensitive=rng.random(count) < SENSITIVE_ALLOWED_SHARE,
        display_name=_names(rng, count),
        taste=unit_rows(taste),
        favourite=favourite,
        activity=activity / activity.mean(),
        posting=np.where(is_poster & ~is_newcomer, rng.lognormal(0.0, 1.2, count), 0.0),
        skill=rng.standard_normal(count),
        mobile_share=rng.beta(4, 2, count),
    )


def _names(rng: np.random.Generator, count: int) -> list[str]:
    first = rng.integers(len(FIRST_NAMES), size=count).tolist()
    last = rng.integers(len(LAST_NAMES), size=count).tolist()
    return [f"{FIRST_NAMES[f]} {LAST_NAMES[s]}" for f, s in zip(first, last, strict=True)]

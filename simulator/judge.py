"""Judges feeds by the truth: how much of what viewers could have had did they get, and who gained.

A ranking change is good when regret falls without variety falling or authors drawing apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats, Ints
from simulator.reactions import CLICK, IMPRESSION
from simulator.world import World

Feed = Callable[[int], Sequence[int]]
"""Answers a viewer id with item ids, best first."""

PRIOR_IMPRESSIONS = 20
"""Impressions of a typical item mixed into every click rate of the popularity baseline."""


@dataclass(frozen=True)
class Judgement:
    """What feeds were worth. Values are means over viewers of the mean over the page's places.

    Attributes:
        value: Of the feeds judged; a place left empty, and an item that may not be shown, count 0.
        oracle_value: Of the best page there is, by the truth.
        popularity_value: Of the page with the highest click rates in the log.
        random_value: Of a page drawn from what may be shown.
        regret: Share of the way from random to oracle not gone: 0 is the oracle, 1 is chance.
        category_count: Mean number of different categories on a page.
        author_gini: Inequality of how often authors of the world are shown, from 0 (all alike)
            to 1 (one has all). Authors never shown count.
        forbidden_count: Items shown to somebody they may not be shown to, or shown twice.
        short_count: Places left empty.
    """

    value: float
    oracle_value: float
    popularity_value: float
    random_value: float
    regret: float
    category_count: float
    author_gini: float
    forbidden_count: int
    short_count: int


@dataclass(frozen=True)
class _Page:
    """What one viewer's page is worth, and what it could have been."""

    value: float
    oracle: float
    popularity: float
    random: float
    categories: int
    forbidden: int
    short: int
    authors: Ints


def judge(
    world: World, feed: Feed, viewer_ids: Sequence[int], now_ms: int, page_size: int = 20
) -> Judgement:
    """Ask `feed` for every viewer's items and weigh the first `page_size` of each.

    Args:
        now_ms: When the feeds are looked at; usually `world.settings.end_ms`.

    Raises:
        ValueError: no viewers, a page size below 1, or an id that is not of this world.
    """
    if not viewer_ids or page_size < 1:
        raise ValueError(
            f"needs at least 1 viewer and 1 place, got {len(viewer_ids)} and {page_size}"
        )
    rates = _click_rates(world)
    rng = np.random.default_rng(world.settings.seed)
    pages = []
    for viewer_id in viewer_ids:
        served = np.array(list(feed(viewer_id))[:page_size], np.int64)
        pages.append(_weigh(world, viewer_id, served, now_ms, page_size, rates, rng))
    value, oracle, popularity, chance = (
        float(np.mean([getattr(page, name) for page in pages]))
        for name in ("value", "oracle", "popularity", "random")
    )
    posting = np.unique(world.posts.author)
    shown = np.bincount(np.concatenate([p.authors for p in pages]), minlength=len(world.people))
    return Judgement(
        value=value,
        oracle_value=oracle,
        popularity_value=popularity,
        random_value=chance,
        regret=(oracle - value) / (oracle - chance) if oracle > chance else 0.0,
        category_count=float(np.mean([page.categories for page in pages])),
        author_gini=gini(shown[posting]),
        forbidden_count=sum(page.forbidden for page in pages),
        short_count=sum(page.short for page in pages),
    )


def gini(counts: Ints) -> float:
    """Inequality of `int64[n]` counts: 0 when all are alike, near 1 when one has everything."""
    total = int(counts.sum())
    if not total:
        return 0.0
    ranks = np.arange(1, len(counts) + 1)
    return float(2 * (ranks * np.sort(counts)).sum() / (len(counts) * total) - 1 - 1 / len(counts))


def _weigh(
    world: World,
    viewer_id: int,
    served: Ints,
    now_ms: int,
    page_size: int,
    rates: Floats,
    rng: np.random.Generator,
) -> _Page:
    viewer = np.array([viewer_id], np.int64)
    items = world.item_index(served)
    may_show = world.may_show(viewer, world.item_ids, now_ms)
    value = world.value(viewer, world.item_ids, now_ms)
    counted = may_show[items] & _first_time(items)
    choice = np.flatnonzero(may_show)
    return _Page(
        value=float(value[items[counted]].sum()) / page_size,
        oracle=_worth_of_best(value, choice, value, page_size),
        popularity=_worth_of_best(rates, choice, value, page_size),
        random=_worth_of_best(rng.random(len(value)), choice, value, page_size),
        categories=len(np.unique(world.posts.category[items])),
        forbidden=int((~counted).sum()),
        short=page_size - len(items),
        authors=world.posts.author[items],
    )


def _worth_of_best(score: Floats, choice: Ints, value: Floats, page_size: int) -> float:
    """Mean value of the `page_size` choices with the highest score."""
    best = choice[np.argsort(-score[choice], kind="stable")[:page_size]]
    return float(value[best].sum()) / page_size


def _first_time(items: Ints) -> Bools:
    first = np.zeros(len(items), bool)
    first[np.unique(items, return_index=True)[1]] = True
    return first


def _click_rates(world: World) -> Floats:
    """Smoothed click rate of every item in the log."""
    actions, count = world.history.actions, len(world.posts)
    shown = np.bincount(actions.item[actions.action == IMPRESSION], minlength=count)
    clicked = np.bincount(actions.item[actions.action == CLICK], minlength=count)
    overall = clicked.sum() / max(int(shown.sum()), 1)
    rates: Floats = (clicked + PRIOR_IMPRESSIONS * overall) / (shown + PRIOR_IMPRESSIONS)
    return rates

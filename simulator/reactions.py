"""What viewers do with what they are shown: the choice model, seen through position bias."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats, Ints, sigmoid
from simulator.choice_model import DEVICE_LIFT, ChoiceModel
from simulator.logging_policy import Impressions
from simulator.visits import Visits

ACTIONS = ("impression", "click", "like", "long_view", "share", "comment", "hide", "report")
IMPRESSION, CLICK, LIKE, LONG_VIEW, SHARE, COMMENT, HIDE, REPORT = range(len(ACTIONS))
LONG_VIEW_SHARE = 0.6
"""Share of a post that must have been watched or read for a long view."""
GLANCE_MS = 900.0
"""Median dwell on what is scrolled past."""
MAX_DWELL_MS = 600_000


@dataclass(frozen=True)
class Actions:
    """Logged actions, one row each; `position`, `visit` and codes are those of the impression.

    Attributes:
        value: `float64[n]`: dwell in ms of an impression, watched ms of a long view, else NaN.
        visit: `int64[n]`, a number unique in the world.
    """

    viewer: Ints
    item: Ints
    action: Ints
    occurred_ms: Ints
    value: Floats
    visit: Ints
    position: Ints
    surface: Ints
    device: Ints

    def __len__(self) -> int:
        return len(self.viewer)

    def taken(self, rows: Ints | Bools) -> "Actions":
        """The given rows, in the given order."""
        return Actions(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @classmethod
    def joined(cls, parts: list["Actions"]) -> "Actions":
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__dataclass_fields__
            )
        )


def attention(position: Ints) -> Floats:
    """Chance that a viewer looks at all at the item at a position, from 0: falls to 0.3."""
    chance: Floats = 0.3 + 0.7 / (1.0 + 0.15 * position.astype(np.float64))
    return chance


def react(
    rng: np.random.Generator,
    model: ChoiceModel,
    visits: Visits,
    shown: Impressions,
    first_visit: int,
) -> Actions:
    """Sample every action on the items shown.

    Args:
        first_visit: World-wide number of the first visit.

    Returns:
        Impressions and what followed from them, not in order of time.
    """
    viewer, item = shown.viewer, shown.item
    happened = _choices(rng, model, visits, shown)
    watched = _watched_share(rng, model, viewer, item)
    clicked = happened[CLICK]
    happened[LONG_VIEW] = clicked & (watched >= LONG_VIEW_SHARE)
    watched_ms = np.where(clicked, watched * model.posts.consume_ms[item], 0.0)
    glance_ms = GLANCE_MS * rng.lognormal(0.0, 0.5, len(shown))
    dwell_ms = np.minimum(glance_ms + watched_ms, MAX_DWELL_MS).astype(np.int64)
    shown_ms = visits.started_ms[shown.visit] + _elapsed_ms(shown.visit, dwell_ms)
    no_value = np.full(len(shown), np.nan)
    value: dict[int, Floats] = {
        IMPRESSION: dwell_ms.astype(np.float64),
        LONG_VIEW: np.rint(watched_ms).astype(np.float64),
    }
    after_ms: dict[int, Ints] = {
        IMPRESSION: 0 * dwell_ms,
        CLICK: np.minimum(glance_ms.astype(np.int64), dwell_ms),
    }
    return Actions.joined(
        [
            Actions(
                viewer=viewer[rows],
                item=item[rows],
                action=np.full(len(rows), action),
                occurred_ms=(shown_ms + after_ms.get(action, dwell_ms))[rows],
                value=value.get(action, no_value)[rows],
                visit=first_visit + shown.visit[rows],
                position=shown.position[rows],
                surface=visits.surface[shown.visit[rows]],
                device=visits.device[shown.visit[rows]],
            )
            for action, rows in ((code, np.flatnonzero(mask)) for code, mask in happened.items())
        ]
    )


def _choices(
    rng: np.random.Generator, model: ChoiceModel, visits: Visits, shown: Impressions
) -> dict[int, Bools]:
    """Sample who clicks, likes, ...: one `bool[n]` per action code, over the items shown."""
    viewer, item = shown.viewer, shown.item
    now_ms, device = visits.started_ms[shown.visit], visits.device[shown.visit]
    logit = model.click_logit(viewer, item, now_ms) + DEVICE_LIFT[device, model.posts.kind[item]]

    def chance(probability: Floats) -> Bools:
        lucky: Bools = rng.random(len(shown)) < probability
        return lucky

    looked = chance(attention(shown.position))
    clicked = looked & chance(sigmoid(logit))
    passed_over = looked & ~clicked
    return {
        IMPRESSION: np.ones(len(shown), bool),
        CLICK: clicked,
        LIKE: clicked & chance(model.like_after_click(viewer, item)),
        SHARE: clicked & chance(model.share_after_click(viewer, item)),
        COMMENT: clicked & chance(model.comment_after_click(viewer, item, now_ms)),
        HIDE: passed_over & chance(model.hide(viewer, item)),
        REPORT: passed_over & chance(model.report(item)),
    }


def _watched_share(
    rng: np.random.Generator, model: ChoiceModel, viewer: Ints, item: Ints
) -> Floats:
    mean = model.watched_share(viewer, item)
    return rng.beta(3 * mean, 3 * (1 - mean))


def _elapsed_ms(visit: Ints, dwell_ms: Ints) -> Ints:
    """Time since the visit began until each item was reached; `visit` is ascending."""
    before = np.cumsum(dwell_ms) - dwell_ms
    elapsed: Ints = before - before[np.searchsorted(visit, visit)]
    return elapsed

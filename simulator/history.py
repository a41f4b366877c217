"""Plays the days of a world one after another: what people did today shapes tomorrow's feed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulator.arrays import Bools, Floats
from simulator.choice_model import ChoiceModel
from simulator.eligibility import Eligibility
from simulator.logging_policy import LoggingPolicy
from simulator.people import People
from simulator.posts import Posts
from simulator.reactions import CLICK, HIDE, LIKE, REPORT, Actions, react
from simulator.relations import Relations
from simulator.settings import WorldSettings
from simulator.timed_pairs import TimedPairs
from simulator.visits import make_visits

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done so far, in [0, 1]."""

CLICKS_KEPT_PER_DAY = 0.75
"""What is left after a day of a click's weight in popularity."""
BLOCK_AFTER_REPORT, MUTE_AFTER_HIDE = 0.5, 0.15


@dataclass(frozen=True)
class History:
    """What happened, and what the world is like afterwards.

    Attributes:
        actions: By time, then viewer.
        relations: Those of the beginning, and the blocks and mutes that bad posts earned.
        seen: (viewer, item) pairs since they were first shown.
        liked_by_friends: (viewer, item) pairs since a friend first liked the item.
    """

    actions: Actions
    relations: Relations
    seen: TimedPairs
    liked_by_friends: TimedPairs


def play(
    rng: np.random.Generator,
    settings: WorldSettings,
    people: People,
    posts: Posts,
    relations: Relations,
    progress: Progress | None,
) -> History:
    """Simulate every day of the log."""
    policy = LoggingPolicy(people, posts)
    seen = liked_by_friends = TimedPairs.none(len(posts))
    clicks: Floats = np.zeros(len(posts))
    days: list[Actions] = []
    visit_count = 0
    for day in range(settings.day_count):
        visits = make_visits(rng, settings, people, day)
        eligibility = Eligibility(people, posts, relations)
        shown = policy.show(rng, visits, eligibility, seen, liked_by_friends, clicks)
        model = ChoiceModel(people, posts, relations, liked_by_friends)
        actions = react(rng, model, visits, shown, visit_count)
        days.append(actions)
        visit_count += len(visits)
        shown_ms = visits.started_ms[shown.visit]
        seen = seen.joined(TimedPairs.of(shown.viewer, shown.item, shown_ms, len(posts)))
        liked_by_friends = liked_by_friends.joined(
            _likes_of_friends(actions, relations, len(posts))
        )
        clicks = CLICKS_KEPT_PER_DAY * clicks
        clicks += np.bincount(actions.item[actions.action == CLICK], minlength=len(posts))
        relations = _estranged(rng, actions, relations, posts)
        if progress is not None:
            share = (day + 1) / settings.day_count
            progress(f"simulating day {day + 1} of {settings.day_count}", share)
    return History(_in_order(Actions.joined(days), settings), relations, seen, liked_by_friends)


def _in_order(actions: Actions, settings: WorldSettings) -> Actions:
    """By time; what would happen after the end of the log is not in it."""
    order = np.lexsort((actions.action, actions.viewer, actions.occurred_ms))
    return actions.taken(order[actions.occurred_ms[order] < settings.end_ms])


def _likes_of_friends(actions: Actions, relations: Relations, item_count: int) -> TimedPairs:
    """Pairs of a viewer and an item that one of the viewer's friends liked."""
    likes = actions.taken(actions.action == LIKE)
    row, friend = relations.friends.all_of(likes.viewer)
    return TimedPairs.of(friend, likes.item[row], likes.occurred_ms[row], item_count)


def _estranged(
    rng: np.random.Generator, actions: Actions, relations: Relations, posts: Posts
) -> Relations:
    """Some reports end in a block of the author, some hides in a mute."""

    def after(action: int, share: float, pairs: TimedPairs) -> TimedPairs:
        earned: Bools = (actions.action == action) & (rng.random(len(actions)) < share)
        new = actions.taken(earned)
        return pairs.joined(
            TimedPairs.of(new.viewer, posts.author[new.item], new.occurred_ms, pairs.right_count)
        )

    return replace(
        relations,
        blocks=after(REPORT, BLOCK_AFTER_REPORT, relations.blocks),
        mutes=after(HIDE, MUTE_AFTER_HIDE, relations.mutes),
    )

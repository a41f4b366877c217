"""A social world with known tastes: its people, posts and log, and the truth about them."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats, Ints
from simulator.choice_model import ChoiceModel
from simulator.eligibility import Eligibility
from simulator.history import History, Progress, play
from simulator.people import People, category_centres, make_people
from simulator.posts import Posts, make_posts
from simulator.relations import Groups, make_groups, make_relations
from simulator.settings import WorldSettings

FIRST_VIEWER_ID = 1
FIRST_GROUP_ID = 1
FIRST_ITEM_ID = 100_001
"""Item ids are unlike viewer ids, so that one taken for the other is noticed."""

LIKE_VALUE, HIDE_VALUE = 2.0, -5.0
"""What a like and a hide are worth to a viewer, in clicks."""


@dataclass(frozen=True)
class World:
    """Everything there is to know. Ids outside, indices inside: `index = id - FIRST_…_ID`."""

    settings: WorldSettings
    people: People
    posts: Posts
    groups: Groups
    history: History

    @property
    def viewer_ids(self) -> Ints:
        return np.arange(len(self.people)) + FIRST_VIEWER_ID

    @property
    def item_ids(self) -> Ints:
        return np.arange(len(self.posts)) + FIRST_ITEM_ID

    def click_probability(self, viewer_ids: Ints, item_ids: Ints, now_ms: Ints | int) -> Floats:
        """True chance of a click by a viewer who looks at the item, wherever it stands.

        Args:
            viewer_ids, item_ids, now_ms: `int64`, broadcast against each other.

        Raises:
            ValueError: an id is not of this world.
        """
        viewer, item = self.viewer_index(viewer_ids), self.item_index(item_ids)
        return self._model.click(viewer, item, np.asarray(now_ms, np.int64))

    def value(self, viewer_ids: Ints, item_ids: Ints, now_ms: Ints | int) -> Floats:
        """True expected worth to the viewer of being shown the item, in clicks.

        Takes the same arguments as `click_probability`.
        """
        viewer, item = self.viewer_index(viewer_ids), self.item_index(item_ids)
        model = self._model
        click = model.click(viewer, item, np.asarray(now_ms, np.int64))
        like = click * model.like_after_click(viewer, item)
        value: Floats = (
            click + LIKE_VALUE * like + HIDE_VALUE * (1 - click) * model.hide(viewer, item)
        )
        return value

    def may_show(self, viewer_ids: Ints, item_ids: Ints, now_ms: Ints | int) -> Bools:
        """Say which items a feed may hold: eligible, and not seen by the viewer in the log."""
        viewer, item = self.viewer_index(viewer_ids), self.item_index(item_ids)
        moment = np.asarray(now_ms, np.int64)
        eligibility = Eligibility(self.people, self.posts, self.history.relations)
        return eligibility.allows(viewer, item, moment) & ~self.history.seen.holds(
            viewer, item, moment
        )

    def viewer_index(self, viewer_ids: Ints) -> Ints:
        return _index("viewer_id", viewer_ids, FIRST_VIEWER_ID, len(self.people))

    def item_index(self, item_ids: Ints) -> Ints:
        return _index("item_id", item_ids, FIRST_ITEM_ID, len(self.posts))

    @property
    def _model(self) -> ChoiceModel:
        history = self.history
        return ChoiceModel(self.people, self.posts, history.relations, history.liked_by_friends)


def simulate(settings: WorldSettings, progress: Progress | None = None) -> World:
    """Make a world and play its log. The default size takes a few seconds on one core.

    Each part draws from its own stream of chance, so that a change to one leaves the others.
    """
    streams = [np.random.default_rng([settings.seed, part]) for part in range(6)]
    centres = category_centres(streams[0])
    people = make_people(streams[1], settings, centres)
    groups = make_groups(streams[2], people)
    relations = make_relations(streams[3], settings, people, groups)
    posts = make_posts(streams[4], settings, people, relations, groups, centres)
    history = play(streams[5], settings, people, posts, relations, progress)
    return World(settings, people, posts, groups, history)


def _index(name: str, ids: Ints, first: int, count: int) -> Ints:
    index: Ints = np.asarray(ids, np.int64) - first
    if index.size and (index.min() < 0 or index.max() >= count):
        known = f"[{first}, {first + count - 1}]"
        raise ValueError(
            f"{name} must be in {known}, got {index.min() + first} to {index.max() + first}"
        )
    return index

"""What each action does to the records, by eye."""

import numpy as np
import pytest

from generation.graph_records import MAX_NEGATIVES, Kind, key, pack, unpack
from generation.viewer_columns import MAX_POSITIVES
from social_graph.graph_action import GraphAction
from social_graph.record_changes import apply, keys_of

ME, OTHER = 1, 7


class People:
    """Records by key, changed by one action after another."""

    def __init__(self, *, authors_are_viewers: bool = True) -> None:
        self.records: dict[bytes, bytes] = {}
        self._people = authors_are_viewers

    def do(self, kind: str, target: int, *, viewer: int = ME, at_ms: int = 0) -> set[bytes]:
        """Apply; returns the keys that changed."""
        action = GraphAction(viewer, "a", kind, target, at_ms)
        names = keys_of(action, authors_are_viewers=self._people)
        known = {name: self.records.get(name, b"") for name in names}
        changed = apply(known, action, authors_are_viewers=self._people)
        assert set(changed) <= set(names)
        self.records |= changed
        return set(changed)

    def put(self, kind: Kind, person: int, *arrays: list[float]) -> None:
        self.records[key(kind, person)] = pack(kind, *(np.array(each) for each in arrays))

    def ids(self, kind: Kind, person: int = ME) -> list[int]:
        return unpack(kind, self.records.get(key(kind, person), b""))[0].tolist()


@pytest.fixture
def people() -> People:
    return People()


def test_a_new_follow_comes_before_others_without_affinity(people):
    people.put(Kind.FOLLOWS, ME, [20, 30, 40], [2.0, 1.0, 0.0])
    people.do("follow", OTHER)
    assert people.ids(Kind.FOLLOWS) == [20, 30, OTHER, 40]
    people.do("unfollow", 30)
    assert people.ids(Kind.FOLLOWS) == [20, OTHER, 40]


def test_affinities_stay_with_their_authors(people):
    people.put(Kind.FOLLOWS, ME, [20, 30, 40], [2.0, 1.0, 0.0])
    people.do("follow", OTHER)
    people.do("unfollow", 30)
    _authors, affinity = unpack(Kind.FOLLOWS, people.records[key(Kind.FOLLOWS, ME)])
    assert affinity.tolist() == [2, 0, 0]


def test_following_back_makes_both_friends_and_leaving_ends_it_for_both(people):
    people.do("follow", OTHER)
    assert people.ids(Kind.FRIENDS) == people.ids(Kind.FRIENDS, OTHER) == []
    people.do("follow", ME, viewer=OTHER)
    assert people.ids(Kind.FRIENDS) == [OTHER]
    assert people.ids(Kind.FRIENDS, OTHER) == [ME]
    people.do("unfollow", OTHER)
    assert people.ids(Kind.FRIENDS) == people.ids(Kind.FRIENDS, OTHER) == []
    assert people.ids(Kind.FOLLOWS, OTHER) == [ME]


def test_a_block_is_written_to_both(people):
    people.do("block", 9, viewer=5)
    people.do("block", 9, viewer=3)
    assert people.ids(Kind.BLOCKS, 5) == [9]
    assert people.ids(Kind.BLOCKED_BY, 9) == [3, 5]
    people.do("unblock", 9, viewer=3)
    assert people.ids(Kind.BLOCKS, 3) == []
    assert people.ids(Kind.BLOCKED_BY, 9) == [5]


@pytest.mark.parametrize(
    ("add", "remove", "kind"),
    [("mute", "unmute", Kind.MUTES), ("join", "leave", Kind.GROUPS)],
)
def test_sets_stay_ascending(add, remove, kind, people):
    for target in (5, 3, 9):
        people.do(add, target)
    assert people.ids(kind) == [3, 5, 9]
    people.do(remove, 5)
    assert people.ids(kind) == [3, 9]


@pytest.mark.parametrize("kind", ["follow", "block", "mute", "join", "like", "hide"])
def test_doing_it_twice_changes_nothing(kind, people):
    assert people.do(kind, OTHER)
    assert not people.do(kind, OTHER)


@pytest.mark.parametrize("kind", ["unfollow", "unblock", "unmute", "leave", "unlike"])
def test_undoing_what_was_not_done_changes_nothing(kind, people):
    assert not people.do(kind, OTHER)


@pytest.mark.parametrize("kind", ["follow", "block", "mute"])
def test_nobody_has_relations_to_himself(kind, people):
    assert not people.do(kind, ME)


def test_where_authors_are_not_viewers_an_equal_number_is_no_self():
    strangers = People(authors_are_viewers=False)
    for kind in ("follow", "block", "mute"):
        assert strangers.do(kind, ME)


def test_where_authors_are_not_viewers_only_the_viewers_own_records_change():
    strangers = People(authors_are_viewers=False)
    for kind in ("follow", "block"):
        strangers.do(kind, OTHER)
        strangers.do(kind, ME, viewer=OTHER)
    assert {name[:1] for name in strangers.records} == {b"F", b"B"}


@pytest.mark.parametrize("kind", ["click", "like", "long_view", "share", "comment"])
def test_positives_are_newest_first_and_each_item_once(kind, people):
    people.put(Kind.POSITIVES, ME, [100, 101], [30, 10])
    people.do(kind, 102, at_ms=20)
    assert people.ids(Kind.POSITIVES) == [100, 102, 101]
    people.do(kind, 101, at_ms=40)
    assert people.ids(Kind.POSITIVES) == [101, 100, 102]
    people.do(kind, 101, at_ms=5)
    assert people.ids(Kind.POSITIVES) == [101, 100, 102]


@pytest.mark.parametrize("kind", ["unlike", "hide", "report"])
def test_a_withdrawn_item_is_no_longer_recommended(kind, people):
    people.put(Kind.POSITIVES, ME, [100, 101], [30, 10])
    people.do(kind, 100)
    assert people.ids(Kind.POSITIVES) == [101]


@pytest.mark.parametrize("kind", ["hide", "report"])
def test_what_was_hidden_or_reported_is_never_recommended_again(kind, people):
    people.do("click", 100, at_ms=1)
    people.do(kind, 100, at_ms=2)
    for later in ("long_view", "unlike", "like"):
        people.do(later, 100, at_ms=3)
    assert people.ids(Kind.POSITIVES) == []
    assert people.ids(Kind.NEGATIVES) == [100]


def test_what_was_only_unliked_may_be_liked_again(people):
    for kind in ("like", "unlike", "like"):
        people.do(kind, 100)
    assert people.ids(Kind.POSITIVES) == [100]


def test_only_the_newest_negatives_are_kept(people):
    for number in range(MAX_NEGATIVES + 3):
        people.do("hide", number, at_ms=number)
    assert people.ids(Kind.NEGATIVES) == list(range(MAX_NEGATIVES + 2, 2, -1))


def test_only_the_newest_positives_are_kept(people):
    for number in range(MAX_POSITIVES + 3):
        people.do("like", number, at_ms=number)
    found = people.ids(Kind.POSITIVES)
    assert found == list(range(MAX_POSITIVES + 2, 2, -1))


def test_a_damaged_record_is_not_guessed_at(people):
    people.records[key(Kind.MUTES, ME)] = b"odd"
    with pytest.raises(ValueError, match="MUTES"):
        people.do("mute", OTHER)

"""Both questions against plain sets, over random graphs with ids from the whole range."""

import random
from collections import Counter

import numpy as np
import pytest

from generation.graph_records import Kind, key, pack
from serving.contracts.graph import (
    BLOCKED,
    FOLLOWS,
    FRIEND,
    MUTED,
    SECOND_DEGREE,
    NeighbourhoodLimits,
)
from social_graph.graph_records import GraphRecords
from social_graph.neighbourhood import MAX_PEOPLE_ASKED, read_neighbourhood
from social_graph.relations import (
    MAX_FOLLOWS_OF_GO_BETWEEN,
    MAX_GO_BETWEENS,
    read_relations,
)

VIEWER = 5
ROUNDS = 20


class FakeBase:
    """Records in a dictionary."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}

    def put(self, kind: Kind, person: int, *arrays: list[float]) -> None:
        self.records[key(kind, person)] = pack(kind, *(np.array(each) for each in arrays))

    def get(self, keys: list[bytes]) -> list[bytes | None]:
        return [self.records.get(name) for name in keys]


@pytest.fixture
def base() -> FakeBase:
    return FakeBase()


class EmptyOverlay:
    """Nothing happened since the generation was built."""

    async def read(self, keys: list[bytes]) -> list[None]:
        return [None] * len(keys)


@pytest.fixture
def records(base: FakeBase) -> GraphRecords:
    return GraphRecords(base, EmptyOverlay())


def some(dice: random.Random, people: list[int], share: float) -> list[int]:
    return [person for person in people if dice.random() < share]


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_relations_are_those_of_plain_sets(seed, base, records):
    dice = random.Random(seed)
    people = sorted({dice.randrange(2**63) for _ in range(60)})
    kinds = {Kind.BLOCKS: BLOCKED, Kind.BLOCKED_BY: BLOCKED, Kind.MUTES: MUTED}
    lists = {kind: some(dice, people, 0.2) for kind in (*kinds, Kind.FRIENDS)}
    for kind, members in lists.items():
        base.put(kind, VIEWER, members)
    follows = {person: some(dice, people, 0.1) for person in (VIEWER, *people)}
    for person, theirs in follows.items():
        dice.shuffle(theirs)
        base.put(Kind.FOLLOWS, person, theirs, [float(rank) for rank in range(len(theirs))])
    dice.shuffle(people)
    asked = np.array(people, np.int64)
    found = await read_relations(records, VIEWER, asked, authors_are_viewers=True)
    for author, flags, affinity in zip(people, found.flags, found.affinity, strict=True):
        expected = FOLLOWS if author in follows[VIEWER] else 0
        expected |= FRIEND if author in lists[Kind.FRIENDS] else 0
        for kind, flag in kinds.items():
            expected |= flag if author in lists[kind] else 0
        if any(author in follows[person] for person in follows[VIEWER]):
            expected |= SECOND_DEGREE
        assert flags == expected
        mine = follows[VIEWER]
        assert affinity == (mine.index(author) if author in mine else 0)


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_likes_are_counted_as_by_hand(seed, base, records):
    dice = random.Random(seed)
    friends = sorted(dice.sample(range(10, 1_000), 30))
    order = dice.sample(friends, len(friends))
    base.put(Kind.FOLLOWS, VIEWER, order, [0.0] * len(order))
    base.put(Kind.FRIENDS, VIEWER, friends)
    counted: Counter[int] = Counter()
    for friend in some(dice, friends, 0.8):
        items = dice.sample(range(20), 6)
        base.put(Kind.POSITIVES, friend, items, [0] * 6)
        counted.update(items)
    limits = NeighbourhoodLimits(friends_liked=12)
    found = await read_neighbourhood(
        records, VIEWER, limits, authors_are_viewers=True, bus_lag_messages=0
    )
    best = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:12]
    assert found.friends_liked_item_ids.tolist() == [item for item, _ in best]
    assert found.friends_liked_counts.tolist() == [count for _, count in best]


async def test_only_the_best_friends_are_asked(base, records):
    people = list(range(10, 11 + MAX_PEOPLE_ASKED))
    base.put(Kind.FOLLOWS, VIEWER, people, [0.0] * len(people))
    base.put(Kind.FRIENDS, VIEWER, people)
    for person in people:
        base.put(Kind.POSITIVES, person, [person], [0])
    found = await read_neighbourhood(
        records, VIEWER, NeighbourhoodLimits(), authors_are_viewers=True, bus_lag_messages=0
    )
    assert found.friends_liked_item_ids.tolist() == people[:-1]


async def test_second_degree_is_bounded_by_the_best(base, records):
    people = list(range(10, 11 + MAX_GO_BETWEENS))
    base.put(Kind.FOLLOWS, VIEWER, people, [0.0] * len(people))
    many = list(range(1_000, 1_001 + MAX_FOLLOWS_OF_GO_BETWEEN))
    base.put(Kind.FOLLOWS, people[0], many, [0.0] * len(many))
    base.put(Kind.FOLLOWS, people[-1], [2_000], [0.0])
    asked = np.array([many[-2], many[-1], 2_000], np.int64)
    found = await read_relations(records, VIEWER, asked, authors_are_viewers=True)
    assert found.flags.tolist() == [SECOND_DEGREE, 0, 0]


async def test_damaged_records_are_not_guessed_at(base, records):
    base.put(Kind.FOLLOWS, VIEWER, [10], [0.0])
    base.records[key(Kind.POSITIVES, 10)] = b"odd"
    with pytest.raises(ValueError, match="POSITIVES rows of 16"):
        await read_neighbourhood(
            records, VIEWER, NeighbourhoodLimits(), authors_are_viewers=True, bus_lag_messages=0
        )

"""Every action has its effect once, whatever is killed: against a clean replay and plain sets."""

import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from generation.graph_records import Kind, key, unpack
from serving.bus.bus import Message
from serving.bus.topics import ACTIONS, partition_of
from serving.errors import StateUnavailableError
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import StateStore
from social_graph.graph_action import GraphAction
from social_graph.graph_base import GraphBase
from social_graph.graph_records import GraphRecords
from social_graph.load import load_base
from social_graph.overlay_writer import (
    MAX_ACTIONS_PER_WRITE,
    TURN,
    CheckpointMovedError,
    OverlayWriter,
)
from tests.serving.state.counting_consumer import KilledError, MurderousStore

PEOPLE = (1, 2, 10, 11, 12, 13)
PARTITIONS = sorted({partition_of(person, ACTIONS.partitions) for person in PEOPLE})
KINDS = ("follow", "unfollow", "block", "unblock", "mute", "unmute")
FOLLOWS_OF_BASE = {(1, 10), (1, 11), (11, 1), (11, 15)}
BLOCKS_OF_BASE = {(1, 12), (13, 1)}
ROUNDS = 24

Log = dict[int, list[tuple[Message, GraphAction | None]]]


@pytest.fixture
async def base(tiny, manifest, tmp_path) -> AsyncIterator[GraphBase]:
    base = load_base(tiny, manifest, tmp_path / "graph")
    yield base
    base.close()


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[RocksDbStateStore]]:
    """Two overlays: one that lives dangerously, one for the clean replay."""
    stores = [RocksDbStateStore(tmp_path / name) for name in ("murdered", "clean")]
    yield stores
    for store in stores:
        await store.close()


def a_log(dice: random.Random, length: int) -> Log:
    """Actions by partition; some repeat an action id, some change nothing here."""
    log: Log = {partition: [] for partition in PARTITIONS}
    for number in range(length):
        viewer, target = dice.choice(PEOPLE), dice.choice(PEOPLE)
        partition = partition_of(viewer, ACTIONS.partitions)
        offset = len(log[partition])
        action_id = str(dice.randrange(number + 1) if dice.random() < 0.2 else number)
        action = GraphAction(viewer, action_id, dice.choice(KINDS), target, 0)
        message = Message(partition, offset, viewer, b"-", 0)
        log[partition].append((message, None if dice.random() < 0.1 else action))
    return log


def a_writer(store: StateStore, base: GraphBase) -> OverlayWriter:
    return OverlayWriter(
        store,
        GraphRecords(base, store),
        "g1",
        dict.fromkeys(PARTITIONS, 0),
        authors_are_viewers=True,
    )


async def consume(store: StateStore, base: GraphBase, log: Log, dice: random.Random) -> None:
    """One process's life: from the checkpoints to the end of every partition."""
    writer = a_writer(store, base)
    positions = await writer.load_positions()
    while unread := [p for p in PARTITIONS if positions[p] < len(log[p])]:
        partition = dice.choice(unread)
        first = positions[partition]
        batch = log[partition][first : first + dice.randint(1, 2 * MAX_ACTIONS_PER_WRITE)]
        try:
            await writer.apply(partition, batch)
            positions[partition] = batch[-1][0].offset + 1
        except StateUnavailableError:
            continue
        except CheckpointMovedError:
            positions = await writer.load_positions()


async def consume_again_and_again(
    store: StateStore, base: GraphBase, log: Log, dice: random.Random
) -> int:
    """Start a new process whenever one is killed; returns how many were."""
    deaths = 0
    while True:
        try:
            await consume(store, base, log, dice)
        except KilledError:
            deaths += 1
        else:
            return deaths


async def all_records(store: StateStore, base: GraphBase) -> dict[bytes, bytes]:
    names = [key(kind, person) for kind in Kind for person in PEOPLE]
    return dict(zip(names, await GraphRecords(base, store).read(names), strict=True))


def pairs_of(records: dict[bytes, bytes], kind: Kind) -> set[tuple[int, int]]:
    return {
        (person, other)
        for person in PEOPLE
        for other in unpack(kind, records[key(kind, person)])[0].tolist()
    }


def expected_pairs(
    log: Log, before: set[tuple[int, int]], adds: str, removes: str
) -> set[tuple[int, int]]:
    pairs, known = set(before), set()
    for actions in log.values():
        for _message, action in actions:
            if action is None or (action.viewer_id, action.action_id) in known:
                continue
            known.add((action.viewer_id, action.action_id))
            pair = (action.viewer_id, action.target_id)
            if action.kind == adds and pair[0] != pair[1]:
                pairs.add(pair)
            elif action.kind == removes:
                pairs.discard(pair)
    return pairs


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_killed_at_any_write_it_ends_like_a_clean_replay(seed, base, stores):
    dice = random.Random(seed)
    log = a_log(dice, 400)
    murdered, clean = stores
    deaths = await consume_again_and_again(MurderousStore(murdered, dice), base, log, dice)
    await consume(clean, base, log, dice)
    records = await all_records(murdered, base)
    assert deaths > 0
    assert records == await all_records(clean, base)
    follows = expected_pairs(log, FOLLOWS_OF_BASE, "follow", "unfollow")
    blocks = expected_pairs(log, BLOCKS_OF_BASE, "block", "unblock")
    assert pairs_of(records, Kind.FOLLOWS) == follows
    assert pairs_of(records, Kind.BLOCKS) == blocks
    assert pairs_of(records, Kind.BLOCKED_BY) == {(b, a) for a, b in blocks if b in PEOPLE}
    assert pairs_of(records, Kind.FRIENDS) == {(a, b) for a, b in follows if (b, a) in follows}
    assert pairs_of(records, Kind.MUTES) == expected_pairs(log, {(1, 14)}, "mute", "unmute")


def messages(*actions: GraphAction | None) -> Sequence[tuple[Message, GraphAction | None]]:
    partition = PARTITIONS[0]
    return [
        (Message(partition, offset, 1, b"-", 0), action) for offset, action in enumerate(actions)
    ]


async def test_a_batch_without_effect_moves_the_checkpoint_all_the_same(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions()
    await writer.apply(PARTITIONS[0], messages(None, None, None))
    assert (await a_writer(stores[0], base).load_positions())[PARTITIONS[0]] == 3


async def test_a_batch_that_ends_without_effect_is_not_read_again(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions()
    await writer.apply(PARTITIONS[0], messages(GraphAction(1, "a", "mute", 10, 0), None))
    assert (await a_writer(stores[0], base).load_positions())[PARTITIONS[0]] == 2


async def test_an_action_sent_twice_has_its_effect_once(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions()
    mute, unmute = GraphAction(1, "a", "mute", 10, 0), GraphAction(1, "b", "unmute", 10, 0)
    await writer.apply(PARTITIONS[0], messages(mute, unmute, mute))
    assert pairs_of(await all_records(stores[0], base), Kind.MUTES) == {(1, 14)}


async def test_two_viewers_may_choose_the_same_action_id(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions()
    actions = [GraphAction(viewer, "same", "mute", 10, 0) for viewer in (1, 2)]
    await writer.apply(PARTITIONS[0], messages(*actions))
    found = pairs_of(await all_records(stores[0], base), Kind.MUTES)
    assert found == {(1, 10), (1, 14), (2, 10)}


async def test_a_write_computed_before_another_partition_changed_something_is_stale(base, stores):
    """Else two who follow each other at once would not become friends."""
    first, second = (a_writer(stores[0], base) for _ in range(2))
    for writer in (first, second):
        await writer.load_positions()
    other = PARTITIONS[1]

    class Interrupting:
        """Lets the second writer go ahead between the first one's read and write."""

        async def read(self, keys):
            found = await stores[0].read(keys)
            if TURN in keys:
                await second.apply(other, [(Message(other, 0, 2, b"-", 0), follow(2, 10))])
            return found

        async def write(self, updates, *, all_or_none):
            return await stores[0].write(updates, all_or_none=all_or_none)

    def follow(viewer: int, target: int) -> GraphAction:
        return GraphAction(viewer, "a", "follow", target, 0)

    late = a_writer(Interrupting(), base)
    await late.load_positions()
    with pytest.raises(CheckpointMovedError, match="another writer came first"):
        await late.apply(PARTITIONS[0], messages(follow(10, 2)))
    await first.apply(PARTITIONS[0], messages(follow(10, 2)))
    assert (2, 10) in pairs_of(await all_records(stores[0], base), Kind.FRIENDS)


async def test_a_second_owner_of_the_overlay_is_noticed(base, stores):
    first, second = (a_writer(stores[0], base) for _ in range(2))
    for writer in (first, second):
        await writer.load_positions()
    await first.apply(PARTITIONS[0], messages(GraphAction(1, "a", "mute", 10, 0)))
    with pytest.raises(CheckpointMovedError, match="the store is at 1, this process at 0"):
        await second.apply(PARTITIONS[0], messages(GraphAction(1, "a", "mute", 10, 0)))

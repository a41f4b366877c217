"""Every action has its effect once, whatever is killed: against a clean replay and plain sets."""

import random

import pytest

from generation.graph_records import Kind
from serving.bus.bus import Message
from serving.bus.topics import ACTIONS, partition_of
from serving.errors import StateUnavailableError
from serving.state.state_store import StateStore
from serving.state.watched_run import CheckpointMovedError
from social_graph.graph_action import GraphAction
from social_graph.graph_base import GraphBase
from social_graph.overlay_writer import MAX_ACTIONS_PER_WRITE
from tests.serving.state.counting_consumer import KilledError, MurderousStore, until_answered
from tests.social_graph.overlays import PARTITIONS, PEOPLE, a_writer, all_records, pairs_of

KINDS = ("follow", "unfollow", "block", "unblock", "mute", "unmute")
FOLLOWS_OF_BASE = {(1, 10), (1, 11), (11, 1), (11, 15)}
BLOCKS_OF_BASE = {(1, 12), (13, 1)}
ROUNDS = 16

Log = dict[int, list[tuple[Message, GraphAction | None]]]


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


async def consume(store: StateStore, base: GraphBase, log: Log, dice: random.Random) -> None:
    """One process's life: from the checkpoints to the end of every partition."""
    writer = a_writer(store, base)
    positions = await until_answered(lambda: writer.load_positions("bus"))
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
            positions = await until_answered(lambda: writer.load_positions("bus"))


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

"""Each action has its effect once, whatever is killed between effect and commit."""

import asyncio
import random

import pytest

from candidate_gen.viewer_state.keys import viewer_key
from candidate_gen.viewer_state.overlay_writer import MAX_ACTIONS_PER_WRITE, OverlayWriter
from candidate_gen.viewer_state.record import pack, unpack
from generation.bus_positions import FirstOffsets
from serving.bus.bus import Message
from serving.errors import StateUnavailableError
from serving.state.watched_run import CheckpointMovedError
from tests.candidate_gen.viewer_state.actions import NOON_MS, a_record, an_action
from tests.serving.state.counting_consumer import KilledError, MurderousStore, until_answered

PARTITION = 3
FIRST = 10
FIRST_OFFSETS = FirstOffsets((PARTITION,), {}, {PARTITION: FIRST})
BUS = "bus"
VIEWERS = range(4)


def a_message(offset: int, action):
    return Message(PARTITION, offset, action.viewer_id, b"x", NOON_MS), action


def a_log(dice: random.Random):
    """Forty messages, offsets with gaps, every third one or so an action sent again."""
    log, offset = [], FIRST + dice.randrange(3)
    for number in range(40):
        if log and dice.random() < 0.3:
            action = dice.choice(log)[1]
        else:
            action = an_action(
                dice.choice(["impression", "click", "like", "unlike", "hide"]),
                dice.randrange(6),
                viewer_id=dice.choice(VIEWERS),
                action_id=f"action-{number}",
                occurred_ms=NOON_MS + number,
                author_id=dice.randrange(3),
                category_codes=(dice.randrange(3),),
                value=500.0,
            )
        log.append(a_message(offset, action))
        offset += dice.choice([1, 1, 1, 3])
    return log


def expected(log) -> dict[int, bytes]:
    """Every viewer's record when each action is applied once, at its first offset."""
    first = {action.action_id: action for _, action in reversed(log)}
    order = dict.fromkeys(action.action_id for _, action in log)
    actions = [first[action_id] for action_id in order]
    return {
        viewer: pack(a_record(*(a for a in actions if a.viewer_id == viewer)))
        for viewer in {a.viewer_id for a in actions}
    }


async def found(store, generation) -> dict[int, bytes]:
    stored = await store.read([viewer_key(generation, viewer) for viewer in VIEWERS])
    return {v: record.value for v, record in zip(VIEWERS, stored, strict=True) if record}


async def one_life(store, generation, log, dice) -> None:
    """One process, from the checkpoint to the end of the log, in batches of any size."""
    writer = OverlayWriter(store, generation, FIRST_OFFSETS)
    position = (await until_answered(lambda: writer.load_positions(BUS)))[PARTITION]
    while batch := [each for each in log if each[0].offset >= position][: dice.randint(1, 6)]:
        try:
            await writer.apply(PARTITION, batch)
        except (StateUnavailableError, CheckpointMovedError):
            position = (await until_answered(lambda: writer.load_positions(BUS)))[PARTITION]
        else:
            position = batch[-1][0].offset + 1


async def live_again_and_again(store, generation, log, dice) -> int:
    deaths = 0
    while True:
        try:
            await one_life(store, generation, log, dice)
        except KilledError:
            deaths += 1
        else:
            return deaths


@pytest.mark.parametrize("seed", range(50))
async def test_kills_between_effect_and_commit_leave_the_same_state(either_store, generation, seed):
    dice = random.Random(seed)
    log = a_log(dice)
    deaths = await live_again_and_again(MurderousStore(either_store, dice), generation, log, dice)
    assert deaths > 0
    assert await found(either_store, generation) == expected(log)


@pytest.mark.parametrize("seed", range(50))
async def test_two_owners_of_a_partition_at_once_do_no_harm(either_store, generation, seed):
    dice = random.Random(seed)
    log = a_log(dice)
    store = MurderousStore(either_store, dice)
    await asyncio.gather(*(live_again_and_again(store, generation, log, dice) for _ in range(2)))
    assert await found(either_store, generation) == expected(log)


async def test_a_batch_larger_than_one_write_is_applied_whole(either_store, generation):
    count = 3 * MAX_ACTIONS_PER_WRITE + 1
    log = [
        a_message(FIRST + n, an_action("like", n, action_id=str(n), occurred_ms=NOON_MS + n))
        for n in range(count)
    ]
    writer = OverlayWriter(either_store, generation, FIRST_OFFSETS)
    await writer.load_positions(BUS)
    await writer.apply(PARTITION, log)
    await writer.apply(PARTITION, log)
    record = unpack((await found(either_store, generation))[1])
    assert record.totals[2] == count
    again = OverlayWriter(either_store, generation, FIRST_OFFSETS)
    assert await again.load_positions(BUS) == {PARTITION: FIRST + count}


async def test_two_viewers_may_choose_the_same_action_id(either_store, generation):
    writer = OverlayWriter(either_store, generation, FIRST_OFFSETS)
    await writer.load_positions(BUS)
    await writer.apply(
        PARTITION,
        [a_message(FIRST + viewer, an_action("like", viewer_id=viewer)) for viewer in (1, 2)],
    )
    assert sorted(await found(either_store, generation)) == [1, 2]


async def test_a_store_that_lost_its_data_is_noticed_before_anything_is_written(
    either_store, generation
):
    writer = OverlayWriter(either_store, generation, FIRST_OFFSETS)
    await writer.load_positions(BUS)
    await writer.apply(PARTITION, [a_message(FIRST, an_action())])
    elsewhere = OverlayWriter(either_store, f"{generation}-empty", FIRST_OFFSETS)
    await elsewhere.load_positions(BUS)
    elsewhere._positions._positions = dict(writer._positions._positions)
    with pytest.raises(CheckpointMovedError, match="store is at 10, this process at 11"):
        await elsewhere.apply(PARTITION, [a_message(FIRST + 1, an_action(action_id="b"))])
    assert await found(either_store, f"{generation}-empty") == {}

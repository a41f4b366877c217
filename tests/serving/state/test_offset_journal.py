import asyncio
import random

import pytest

from serving.state.offset_journal import (
    ACTION_MEMORY_S,
    action_key,
    checkpoint_key,
    find_repeats,
)
from serving.state.state_store import Update, Versioned
from tests.serving.state.counting_consumer import (
    Action,
    MurderousStore,
    apply_batch,
    consume_again_and_again,
    expected_states,
    viewer_key,
)

A, B = b"a/A", b"a/B"


def test_keys_tell_consumers_generations_and_partitions_apart():
    keys = [checkpoint_key("a", "b", 1), checkpoint_key("a", "b", 11), checkpoint_key("b", "a", 1)]
    keys += [action_key("a", "b", 1, b"x"), action_key("a", "b", 2, b"x")]
    assert len(set(keys)) == 5
    assert keys[0] == b"o/a/b/1"
    assert keys[3] == b"a/a/b/1/x"


def test_a_name_with_a_slash_is_refused():
    with pytest.raises(ValueError, match="generation is 'b/1'"):
        checkpoint_key("a", "b/1", 1)


def test_a_new_action_is_remembered_for_a_day_at_its_offset():
    repeats, memories = find_repeats([(A, 7)], [None])
    assert repeats == [False]
    assert memories == [Update(A, b"", 0, 8, ttl_s=ACTION_MEMORY_S)]


def test_an_action_remembered_at_a_smaller_offset_is_a_repeat():
    assert find_repeats([(A, 7)], [Versioned(6 + 1, b"")]) == ([True], [])


def test_the_same_message_read_again_is_not_a_repeat():
    assert find_repeats([(A, 7)], [Versioned(7 + 1, b"")]) == ([False], [])


def test_a_replay_from_before_the_memory_is_not_a_repeat():
    assert find_repeats([(A, 3)], [Versioned(7 + 1, b"")]) == ([False], [])


def test_a_repeat_within_the_batch_is_found_and_remembered_once():
    repeats, memories = find_repeats([(A, 7), (B, 8), (A, 9)], [None, None, None])
    assert repeats == [False, False, True]
    assert [memory.key for memory in memories] == [A, B]


def a_log(dice: random.Random) -> list[Action]:
    """Forty messages, offsets with gaps, every third one or so an action sent again."""
    log: list[Action] = []
    offset = dice.randrange(3)
    for number in range(40):
        if log and dice.random() < 0.3:
            again = dice.choice(log)
            log.append(Action(offset, again.viewer, again.action_id))
        else:
            log.append(Action(offset, b"%d" % dice.randrange(4), b"action-%d" % number))
        offset += dice.choice([1, 1, 1, 3])
    return log


async def states_of(store, log, name):
    viewers = sorted({each.viewer for each in log})
    stored = await store.read([viewer_key(name, viewer) for viewer in viewers])
    return {viewer: record.value for viewer, record in zip(viewers, stored, strict=True) if record}


@pytest.mark.parametrize("seed", range(50))
async def test_effects_happen_once_whatever_is_killed_in_between(store, name, seed):
    dice = random.Random(seed)
    log = a_log(dice)
    deaths = await consume_again_and_again(MurderousStore(store, dice), log, name, dice)
    assert deaths > 0
    assert await states_of(store, log, name) == expected_states(log)


@pytest.mark.parametrize("seed", range(50))
async def test_two_owners_of_a_partition_at_once_do_no_harm(store, name, seed):
    dice = random.Random(seed)
    log = a_log(dice)
    owners = [
        consume_again_and_again(MurderousStore(store, dice), log, name, dice) for _ in range(2)
    ]
    await asyncio.gather(*owners)
    assert await states_of(store, log, name) == expected_states(log)


THREE = [Action(0, b"1", b"x"), Action(1, b"1", b"y"), Action(2, b"1", b"x")]


async def test_applying_a_batch_again_changes_nothing(store, name):
    assert await apply_batch(store, THREE, name, position=0)
    assert not await apply_batch(store, THREE, name, position=0)
    assert not await apply_batch(store, THREE[1:], name, position=1)
    assert await states_of(store, THREE, name) == {b"1": b"0 1 "}


async def test_a_store_that_lost_its_data_is_noticed_before_anything_is_written(store, name):
    assert not await apply_batch(store, THREE[2:], name, position=2)
    assert await states_of(store, THREE, name) == {}
    await consume_again_and_again(store, THREE, name, random.Random(1))
    assert await states_of(store, THREE, name) == {b"1": b"0 1 "}

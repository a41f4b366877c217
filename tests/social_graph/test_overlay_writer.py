"""What one writer of the overlay does with its batches, and how it notices another."""

from collections.abc import Sequence

import pytest

from generation.graph_records import Kind
from serving.bus.bus import Message
from serving.state.watched_run import CheckpointMovedError
from social_graph.graph_action import GraphAction
from social_graph.overlay_writer import TURN
from tests.social_graph.overlays import PARTITIONS, a_writer, all_records, pairs_of


def messages(*actions: GraphAction | None) -> Sequence[tuple[Message, GraphAction | None]]:
    partition = PARTITIONS[0]
    return [
        (Message(partition, offset, 1, b"-", 0), action) for offset, action in enumerate(actions)
    ]


async def test_a_batch_without_effect_moves_the_checkpoint_all_the_same(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions("bus")
    await writer.apply(PARTITIONS[0], messages(None, None, None))
    assert (await a_writer(stores[0], base).load_positions("bus"))[PARTITIONS[0]] == 3


async def test_a_batch_that_ends_without_effect_is_not_read_again(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions("bus")
    await writer.apply(PARTITIONS[0], messages(GraphAction(1, "a", "mute", 10, 0), None))
    assert (await a_writer(stores[0], base).load_positions("bus"))[PARTITIONS[0]] == 2


async def test_an_action_sent_twice_has_its_effect_once(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions("bus")
    mute, unmute = GraphAction(1, "a", "mute", 10, 0), GraphAction(1, "b", "unmute", 10, 0)
    await writer.apply(PARTITIONS[0], messages(mute, unmute, mute))
    assert pairs_of(await all_records(stores[0], base), Kind.MUTES) == {(1, 14)}


async def test_two_viewers_may_choose_the_same_action_id(base, stores):
    writer = a_writer(stores[0], base)
    await writer.load_positions("bus")
    actions = [GraphAction(viewer, "same", "mute", 10, 0) for viewer in (1, 2)]
    await writer.apply(PARTITIONS[0], messages(*actions))
    found = pairs_of(await all_records(stores[0], base), Kind.MUTES)
    assert found == {(1, 10), (1, 14), (2, 10)}


async def test_a_write_computed_before_another_partition_changed_something_is_stale(base, stores):
    """Else two who follow each other at once would not become friends."""
    first, second = (a_writer(stores[0], base) for _ in range(2))
    for writer in (first, second):
        await writer.load_positions("bus")
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
    await late.load_positions("bus")
    with pytest.raises(CheckpointMovedError, match="another writer came first"):
        await late.apply(PARTITIONS[0], messages(follow(10, 2)))
    await first.apply(PARTITIONS[0], messages(follow(10, 2)))
    assert (2, 10) in pairs_of(await all_records(stores[0], base), Kind.FRIENDS)


async def test_a_second_owner_of_the_overlay_is_noticed(base, stores):
    first, second = (a_writer(stores[0], base) for _ in range(2))
    for writer in (first, second):
        await writer.load_positions("bus")
    await first.apply(PARTITIONS[0], messages(GraphAction(1, "a", "mute", 10, 0)))
    with pytest.raises(CheckpointMovedError, match="the store is at 1, this process at 0"):
        await second.apply(PARTITIONS[0], messages(GraphAction(1, "a", "mute", 10, 0)))

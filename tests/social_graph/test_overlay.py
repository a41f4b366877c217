"""What happens on the bus shows in the graph, over its base, and survives restarts."""

import numpy as np
import pytest

from serving.contracts.graph import (
    BLOCKED,
    FOLLOWS,
    FRIEND,
    MUTED,
    SECOND_DEGREE,
    Neighbourhood,
    NeighbourhoodLimits,
)
from serving.deadline import Deadline
from serving.errors import StateUnavailableError
from social_graph.social_graph import SocialGraph
from tests.generation.tiny_generation import NOON_MS, QUIET_VIEWER, STRANGER, VIEWER
from tests.social_graph.events import an_action, publish


async def around(graph: SocialGraph, viewer_id: int = VIEWER) -> Neighbourhood:
    return await graph.neighbourhood(
        graph.generation, viewer_id, NOON_MS, NeighbourhoodLimits(), Deadline.after_ms(20_000)
    )


async def flags(graph: SocialGraph, viewer_id: int, author_id: int) -> int:
    asked = np.array([author_id], np.int64)
    answer = await graph.relations(graph.generation, viewer_id, asked, Deadline.after_ms(20_000))
    return int(answer.flags[0])


@pytest.fixture
def act(graph, bus):
    """Publishes an action and waits until it shows."""

    async def do(kind: str, viewer_id: int, target_id: int, **others: int) -> None:
        await publish(bus, viewer_id, an_action(kind, viewer_id, target_id, **others))
        assert await graph.caught_up(10)

    return do


async def test_follows_are_added_to_and_taken_from_the_base(graph, act):
    await act("follow", VIEWER, 15)
    await act("unfollow", VIEWER, 10)
    found = await around(graph)
    assert found.followed_ids.tolist() == [11, 15]
    assert found.follow_count == 2
    assert await flags(graph, VIEWER, 10) == 0
    assert await flags(graph, VIEWER, 15) == FOLLOWS | SECOND_DEGREE


async def test_an_action_from_the_future_is_set_aside(graph, bus, act):
    await act("like", 11, 130, occurred_ms=4_102_444_800_000)
    await act("like", 11, 131)
    liked = (await around(graph)).friends_liked_item_ids.tolist()
    assert (130 in liked, 131 in liked) == (False, True)
    assert bus.counters.parked == 1


async def test_a_follow_back_makes_a_friend_whose_likes_count(graph, act):
    await act("like", 10, 126)
    await act("follow", 10, VIEWER)
    found = await around(graph)
    assert found.friend_ids.tolist() == [10, 11]
    assert found.friends_liked_item_ids.tolist() == [126, 121]
    assert found.friends_liked_counts.tolist() == [2, 1]
    assert await flags(graph, VIEWER, 10) == FOLLOWS | FRIEND


async def test_what_a_friend_unlikes_or_hides_no_longer_counts(graph, act):
    await act("unlike", 11, 121)
    assert (await around(graph)).friends_liked_item_ids.tolist() == [126]
    await act("hide", 11, 126)
    assert (await around(graph)).friends_liked_item_ids.tolist() == []


async def test_without_friends_the_likes_of_followed_people_count(graph, act):
    await act("follow", QUIET_VIEWER, 11)
    found = await around(graph, QUIET_VIEWER)
    assert found.friend_ids.tolist() == []
    assert found.friends_liked_item_ids.tolist() == [121, 126]


async def test_likes_of_muted_friends_do_not_count(graph, act):
    await act("mute", VIEWER, 11)
    found = await around(graph)
    assert found.friends_liked_item_ids.tolist() == []
    assert found.friend_ids.tolist() == [11]
    assert await flags(graph, VIEWER, 11) == FOLLOWS | FRIEND | MUTED


async def test_a_block_of_the_base_can_be_taken_back(graph, act):
    assert await flags(graph, VIEWER, 13) == await flags(graph, 13, VIEWER) == BLOCKED
    await act("unblock", 13, VIEWER)
    assert await flags(graph, VIEWER, 13) == await flags(graph, 13, VIEWER) == 0


async def test_a_block_stays_while_the_other_side_keeps_one(graph, act):
    await act("block", 12, VIEWER)
    await act("unblock", VIEWER, 12)
    assert await flags(graph, VIEWER, 12) == BLOCKED


async def test_groups_are_joined_and_left(graph, act):
    await act("join", VIEWER, 400)
    assert (await around(graph)).group_ids.tolist() == [400, 500]
    await act("leave", VIEWER, 500)
    assert (await around(graph)).group_ids.tolist() == [400]


async def test_somebody_whom_the_generation_does_not_know_gets_a_neighbourhood(graph, act):
    await act("follow", STRANGER, 10)
    found = await around(graph, STRANGER)
    assert found.followed_ids.tolist() == [10]
    assert found.followed_affinity.tolist() == [0]


async def test_a_message_that_makes_no_sense_does_not_stop_the_others(graph, bus):
    await publish(bus, VIEWER, b"\xff\xff", an_action("mute", VIEWER, 10))
    assert await graph.caught_up(10)
    assert await flags(graph, VIEWER, 10) == FOLLOWS | MUTED


async def test_a_restart_goes_on_where_it_stopped(open_graph, bus):
    first = await open_graph()
    await publish(bus, VIEWER, an_action("mute", VIEWER, 10))
    assert await first.caught_up(10)
    await first.close()
    await publish(bus, VIEWER, an_action("mute", VIEWER, 11))
    second = await open_graph()
    assert await flags(second, VIEWER, 10) & MUTED
    assert await flags(second, VIEWER, 11) & MUTED


async def test_a_lost_overlay_is_built_again_from_the_bus(open_graph, bus, tmp_path):
    first = await open_graph()
    await publish(bus, VIEWER, an_action("mute", VIEWER, 10), an_action("block", VIEWER, 11))
    assert await first.caught_up(10)
    await first.close()
    overlay = tmp_path / "graph" / first.generation / "overlay"
    overlay.rename(tmp_path / "moved away")
    second = await open_graph()
    assert await flags(second, VIEWER, 10) == FOLLOWS | MUTED
    assert await flags(second, 11, VIEWER) & BLOCKED


async def test_two_owners_of_one_graph_are_refused(open_graph):
    await open_graph()
    with pytest.raises(StateUnavailableError, match="in use"):
        await open_graph()

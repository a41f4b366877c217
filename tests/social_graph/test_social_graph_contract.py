"""Every GraphClient must pass these tests: the graph itself, and the same over gRPC,
with and without a line."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from protos import social_graph_pb2, social_graph_pb2_grpc
from serving.channels import open_channel
from serving.contracts.clients.graph_client import GrpcGraphClient
from serving.contracts.graph import (
    BLOCKED,
    FOLLOWS,
    FRIEND,
    MAX_RELATIONS,
    MUTED,
    SECOND_DEGREE,
    GraphClient,
    NeighbourhoodLimits,
)
from serving.deadline import Deadline
from serving.errors import DeadlineError, FeedError, PreconditionError
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.settings import CommonSettings
from social_graph.servicer import SERVICE_NAME, SocialGraphServicer
from social_graph.social_graph import SocialGraph
from tests.generation.tiny_generation import NOON_MS, QUIET_VIEWER, STRANGER, VIEWER
from tests.serving.lines.on_a_line import on_a_line
from tests.social_graph.events import an_action, publish

LIMITS = NeighbourhoodLimits()


@pytest.fixture(params=["direct", "over_grpc", "on_a_line"])
async def client(request, graph: SocialGraph, tmp_path: Path) -> AsyncIterator[GraphClient]:
    if request.param == "direct":
        yield graph
        return
    settings = CommonSettings(
        generations=tmp_path, home=tmp_path, port=0, unhealthy_wait_s=0, drain_s=1
    )
    server = GrpcServer(settings, Metrics())
    social_graph_pb2_grpc.add_SocialGraphServiceServicer_to_server(
        SocialGraphServicer(graph, 60_000), server.for_neighbours
    )
    await server.start([SERVICE_NAME])
    await server.mark_serving(SERVICE_NAME)
    if request.param == "on_a_line":
        service = social_graph_pb2.DESCRIPTOR.services_by_name["SocialGraphService"]
        connected = on_a_line(server, service, tmp_path)
    else:
        connected = open_channel(f"127.0.0.1:{server.port}", SERVICE_NAME)
    async with connected as channel:
        yield GrpcGraphClient(channel)
    await server.drain()


def soon() -> Deadline:
    return Deadline.after_ms(20_000)


def ids(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.fixture
def around(client, graph):
    async def ask(viewer_id: int = VIEWER, **limits: int):
        wanted = NeighbourhoodLimits(**limits)
        return await client.neighbourhood(graph.generation, viewer_id, NOON_MS, wanted, soon())

    return ask


@pytest.fixture
def flags(client, graph):
    async def ask(viewer_id: int, *authors: int) -> list[int]:
        answer = await client.relations(graph.generation, viewer_id, ids(*authors), soon())
        return answer.flags.tolist()

    return ask


async def test_the_people_and_groups_around_a_viewer(around):
    found = await around()
    assert found.followed_ids.tolist() == [11, 10]
    assert found.followed_affinity.tolist() == [2, 1]
    assert found.friend_ids.tolist() == [11]
    assert found.group_ids.tolist() == [500]
    assert found.friends_liked_item_ids.tolist() == [121, 126]
    assert found.friends_liked_counts.tolist() == [1, 1]
    assert found.follow_count == 2
    assert found.bus_lag_messages == 0


async def test_lists_have_the_agreed_types(around):
    found = await around()
    for name in ("followed_ids", "friend_ids", "group_ids", "friends_liked_item_ids"):
        assert getattr(found, name).dtype == np.int64
    for name in ("followed_affinity", "friends_liked_counts"):
        assert getattr(found, name).dtype == np.float32


async def test_lists_are_cut_to_their_best(around):
    found = await around(followed=1, friends=0, groups=0, friends_liked=1)
    assert found.followed_ids.tolist() == [11]
    assert len(found.followed_affinity) == 1
    assert len(found.friend_ids) == len(found.group_ids) == 0
    assert found.friends_liked_item_ids.tolist() == [121]
    assert found.follow_count == 2


@pytest.mark.parametrize("viewer", [QUIET_VIEWER, STRANGER])
async def test_viewers_without_relations_get_empty_lists(viewer, around, flags):
    found = await around(viewer)
    assert found.follow_count == 0
    for name in ("followed_ids", "friend_ids", "group_ids", "friends_liked_item_ids"):
        assert getattr(found, name).tolist() == []
    assert await flags(viewer, 10, 11, 12) == [0, 0, 0]


async def test_relations_come_in_the_order_asked(client, graph):
    authors = ids(99, 15, 14, 13, 12, 11, 10)
    answer = await client.relations(graph.generation, VIEWER, authors, soon())
    assert answer.flags.tolist() == [
        0,
        SECOND_DEGREE,
        MUTED,
        BLOCKED,
        BLOCKED,
        FOLLOWS | FRIEND,
        FOLLOWS,
    ]
    assert answer.affinity.tolist() == [0, 0, 0, 0, 0, 2, 1]
    assert (answer.flags.dtype, answer.affinity.dtype) == (np.uint8, np.float32)


async def test_an_author_asked_for_twice_is_answered_twice(client, graph):
    answer = await client.relations(graph.generation, VIEWER, ids(11, 13, 11, 13), soon())
    assert answer.flags.tolist() == [FOLLOWS | FRIEND, BLOCKED, FOLLOWS | FRIEND, BLOCKED]
    assert answer.affinity.tolist() == [2, 0, 2, 0]


async def test_no_authors_have_no_relations(flags):
    assert await flags(VIEWER) == []


async def test_a_block_from_the_bus_is_seen_from_both_sides(around, flags, graph, bus):
    await publish(bus, 1, an_action("block", 1, 11))
    assert await graph.caught_up(10)
    assert (await flags(1, 11))[0] & BLOCKED
    assert (await flags(11, 1))[0] & BLOCKED
    mine, theirs = await around(1), await around(11)
    assert mine.followed_ids.tolist() == [10]
    assert mine.friend_ids.tolist() == []
    assert mine.friends_liked_item_ids.tolist() == []
    assert theirs.followed_ids.tolist() == [15]
    assert theirs.friend_ids.tolist() == []


async def test_the_largest_question_is_answered(client, graph):
    authors = np.arange(MAX_RELATIONS, dtype=np.int64)
    answer = await client.relations(graph.generation, VIEWER, authors, soon())
    assert np.flatnonzero(answer.flags & FOLLOWS).tolist() == [10, 11]


async def test_more_authors_than_the_limit_are_refused(client, graph):
    authors = np.arange(MAX_RELATIONS + 1, dtype=np.int64)
    with pytest.raises(FeedError, match="author_ids: 1001 ids, at most 1000"):
        await client.relations(graph.generation, VIEWER, authors, soon())


@pytest.mark.parametrize("limit", [-1, 2_001])
async def test_limits_out_of_range_are_refused_by_name(limit, around):
    with pytest.raises(FeedError, match=f"max_friends: {limit} is outside"):
        await around(friends=limit)


async def test_a_negative_viewer_is_refused(around):
    with pytest.raises(FeedError, match="viewer_id: -1 is negative"):
        await around(-1)


async def test_another_generation_is_refused(client):
    with pytest.raises(PreconditionError):
        await client.neighbourhood("0" * 12, VIEWER, NOON_MS, LIMITS, soon())
    with pytest.raises(PreconditionError):
        await client.relations("0" * 12, VIEWER, ids(10), soon())


async def test_a_spent_deadline_is_refused(client, graph):
    with pytest.raises(DeadlineError):
        await client.relations(graph.generation, VIEWER, ids(10), Deadline.after_ms(0))

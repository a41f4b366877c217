"""Every CandidateClient must pass these tests: the pipeline itself, and the same over gRPC,
with and without a line."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from candidate_gen.pipeline import SWITCHES
from candidate_gen.servicer import SERVICE_NAME, CandidateServicer
from protos import candidates_pb2, candidates_pb2_grpc
from serving.channels import open_channel
from serving.contracts.candidates import CandidateClient
from serving.contracts.clients.candidate_client import GrpcCandidateClient
from serving.contracts.graph import BLOCKED, FOLLOWS
from serving.contracts.rank_columns import CROSS_COLUMNS, RANK_COLUMNS
from serving.contracts.shard import PartKind
from serving.contracts.sources import source_names
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.errors import (
    CoverageError,
    DeadlineError,
    DependencyError,
    FeedError,
    NotReadyError,
)
from serving.server import GrpcServer
from tests.candidate_gen.builders import a_neighbourhood, a_request, a_vector, a_viewer
from tests.candidate_gen.ring import Ring, a_ring
from tests.serving.echo_service import local_settings
from tests.serving.lines.on_a_line import on_a_line

Connect = Callable[[Ring], Awaitable[CandidateClient]]
ALL_KINDS = {
    PartKind.AUTHORS: {10: 1.0},
    PartKind.VECTORS: {10: 0.9, 11: 0.8},
    PartKind.ITEMS: {12: 2.0},
    PartKind.CATEGORIES: {13: 3.0},
    PartKind.POPULAR: {10: 9.0, 14: 8.0},
    PartKind.FRESH: {15: 0.5},
}
WARM_VIEWER = a_viewer(
    vector=a_vector(0),
    has_vector=True,
    cluster_vectors=a_vector(1)[None, :],
    category_codes=[1],
    category_impressions=[4],
    category_positives=[2],
)
AROUND = a_neighbourhood(followed_ids=[50], friends_liked_item_ids=[12])


def soon() -> Deadline:
    return Deadline.after_ms(2_000)


@pytest.fixture(params=["direct", "over gRPC", "on a line"])
async def connect(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        async def over_grpc(ring: Ring) -> CandidateClient:
            server = GrpcServer(local_settings(tmp_path), ring.metrics)
            servicer = CandidateServicer(ring.pipeline, 2_000)
            candidates_pb2_grpc.add_CandidateServiceServicer_to_server(
                servicer, server.for_neighbours
            )
            await server.start([SERVICE_NAME])
            stack.push_async_callback(server.drain)
            await server.mark_serving(SERVICE_NAME)
            if request.param == "on a line":
                service = candidates_pb2.DESCRIPTOR.services_by_name["CandidateService"]
                connected = on_a_line(server, service, tmp_path)
            else:
                connected = open_channel(f"127.0.0.1:{server.port}", SERVICE_NAME)
            return GrpcCandidateClient(await stack.enter_async_context(connected))

        async def directly(ring: Ring) -> CandidateClient:
            return ring.pipeline

        yield directly if request.param == "direct" else over_grpc


async def test_hands_what_every_source_found_to_the_ranker(connect: Connect) -> None:
    ring = a_ring(ALL_KINDS, viewer=WARM_VIEWER, neighbourhood=AROUND)
    reply = await (await connect(ring)).generate(a_request(), soon())
    candidates = ring.ranker.requests[0].candidates
    sources = {
        int(item): source_names(int(bits))
        for item, bits in zip(candidates["item_id"], candidates["source_bits"], strict=True)
    }
    assert sources == {
        10: ["in_network", "nearest", "similar_to_liked", "popular"],
        11: ["nearest", "similar_to_liked"],
        12: ["friends_liked"],
        13: ["category_recent"],
        14: ["popular"],
        15: ["fresh"],
    }
    assert reply.ranked_list is None
    assert reply.receipt.models == {"ranker": "fake"}
    assert reply.receipt.degraded_reasons == []


async def test_the_receipt_counts_shards_sources_and_stages(connect: Connect) -> None:
    ring = a_ring(ALL_KINDS, viewer=WARM_VIEWER, neighbourhood=AROUND)
    receipt = (await (await connect(ring)).generate(a_request(), soon())).receipt
    assert (receipt.generation, receipt.shards_answered, receipt.shards_total) == ("tiny", 2, 2)
    assert {s.name: (s.found_count, s.kept_count) for s in receipt.sources} == {
        "in_network": (1, 1),
        "nearest": (2, 1),
        "similar_to_liked": (2, 0),
        "friends_liked": (1, 1),
        "category_recent": (1, 1),
        "popular": (2, 1),
        "fresh": (1, 1),
    }
    assert {s.name: (s.count_in, s.count_out) for s in receipt.stages}["select"] == (6, 6)
    assert receipt.bus_lag_messages == 1


async def test_gives_the_ranker_every_column_in_its_type(connect: Connect) -> None:
    ring = a_ring(ALL_KINDS, viewer=WARM_VIEWER, neighbourhood=AROUND)
    await (await connect(ring)).generate(a_request(), soon())
    candidates = ring.ranker.requests[0].candidates
    assert {name: (v.dtype.str.strip("<|"), v.shape[1:]) for name, v in candidates.items()} == {
        c.name: (c.dtype, () if c.width == 1 else (c.width,)) for c in RANK_COLUMNS
    }


async def test_drops_items_that_the_session_or_the_graph_forbids(connect: Connect) -> None:
    ring = a_ring(columns={"author_id": [50, 51, 52, 53]}, flags={52: BLOCKED})
    request = a_request(excluded_item_ids=[10], excluded_author_ids=[51])
    await (await connect(ring)).generate(request, soon())
    assert ring.ranker.ranked_ids == [13]


async def test_half_of_the_shards_carry_a_marked_list(connect: Connect) -> None:
    ring = a_ring()
    ring.shards[1].failure = NotReadyError("loading")
    reply = await (await connect(ring)).generate(a_request(), soon())
    assert reply.receipt.degraded_reasons == ["shard_unavailable"]
    assert (reply.receipt.shards_answered, sorted(ring.ranker.ranked_ids)) == (1, [10, 12])


async def test_less_than_half_of_the_shards_make_no_list(connect: Connect) -> None:
    ring = a_ring(shard_count=3)
    for shard in ring.shards[1:]:
        shard.failure = NotReadyError("loading")
    with pytest.raises(CoverageError):
        await (await connect(ring)).generate(a_request(), soon())
    assert ring.ranker.requests == []


async def test_without_a_ranker_there_is_no_list(connect: Connect) -> None:
    ring = a_ring()
    ring.ranker.failure = NotReadyError("loading")
    with pytest.raises((NotReadyError, DependencyError)):
        await (await connect(ring)).generate(a_request(), soon())


async def test_too_little_time_is_refused_before_anybody_is_asked(connect: Connect) -> None:
    ring = a_ring()
    client = await connect(ring)
    with pytest.raises(DeadlineError):
        await client.generate(a_request(), Deadline.after_ms(3))
    assert ring.shards[0].requests == []


async def test_bad_requests_are_refused(connect: Connect) -> None:
    client = await connect(a_ring())
    with pytest.raises(FeedError, match="viewer_id: -1 is below 0"):
        await client.generate(a_request(viewer_id=-1), soon())


async def test_all_ids_of_a_request_arrive(connect: Connect) -> None:
    ring = a_ring(neighbourhood=a_neighbourhood(followed_ids=[50, 51], group_ids=[60, 61]))
    request = a_request(unfollowed_author_ids=[50], left_group_ids=[61])
    await (await connect(ring)).generate(request, soon())
    eligibility = ring.shards[0].requests[0].eligibility
    np.testing.assert_array_equal(eligibility.followed_ids, [51])
    np.testing.assert_array_equal(eligibility.group_ids, [60])


async def test_the_ranker_is_told_who_asks_and_where_the_list_goes(connect: Connect) -> None:
    ring = a_ring()
    asked = a_request(request_id="r9", reply_partition=63, revocation_version=4, viewer_id=0)
    await (await connect(ring)).generate(asked, soon())
    (request,) = ring.ranker.requests
    assert (request.request_id, request.viewer_id, request.generation) == ("r9", 0, "tiny")
    assert (request.reply_partition, request.revocation_version) == (63, 4)
    assert request.now_ms == asked.now_ms == request.context.now_ms[0]
    assert request.context.utc_offset_minutes[0] == asked.utc_offset_minutes


async def test_a_request_without_a_rung_is_served_in_full(connect: Connect) -> None:
    ring = a_ring()
    reply = await (await connect(ring)).generate(a_request(), soon())
    assert ring.shards[0].requests[0].probe_share == 1.0
    assert not ring.ranker.requests[0].without_main_ranker
    assert reply.receipt.narrowed == []


@pytest.mark.parametrize(
    ("rung", "without_main_ranker"), [(Rung.FEWER_PROBES, False), (Rung.SMALLER_RANKER, True)]
)
async def test_a_rung_reaches_shards_and_ranker_and_is_told(
    connect: Connect, rung: Rung, without_main_ranker: bool
) -> None:
    ring = a_ring()
    reply = await (await connect(ring)).generate(a_request(rung=rung), soon())
    assert {shard.requests[0].probe_share for shard in ring.shards} == {0.25}
    assert ring.ranker.requests[0].without_main_ranker == without_main_ranker
    assert reply.receipt.narrowed == ["probes:quarter"]
    assert reply.receipt.degraded_reasons == [rung.reason, "narrowed"]


@pytest.mark.parametrize("rung", [Rung.STORED, Rung.FLOOR])
async def test_rungs_without_a_new_list_are_refused(connect: Connect, rung: Rung) -> None:
    with pytest.raises(FeedError, match=f"rung: {rung.word} asks for no new list"):
        await (await connect(a_ring())).generate(a_request(rung=rung), soon())


async def test_what_is_switched_off_is_left_out_and_told(connect: Connect) -> None:
    ring = a_ring(flags={52: BLOCKED}, columns={"author_id": [50, 51, 52, 53]})
    client = await connect(ring)
    ring.switches.switch_off("source:fresh", "filter:blocked")
    reply = await client.generate(a_request(), soon())
    assert sorted(ring.ranker.ranked_ids) == [10, 11, 12]
    assert "fresh" not in {source.name for source in reply.receipt.sources}
    assert reply.receipt.degraded_reasons == [
        "switched_off:filter:blocked",
        "switched_off:source:fresh",
    ]
    ring.switches.switch_off()
    assert (await client.generate(a_request(), soon())).receipt.degraded_reasons == []


async def test_a_hydrator_that_is_off_leaves_the_defaults_of_its_columns(connect: Connect) -> None:
    ring = a_ring(flags={50: FOLLOWS}, columns={"author_id": [50, 50, 50, 50]})
    client = await connect(ring)
    ring.switches.switch_off("hydrator:acquaintance")
    reply = await client.generate(a_request(), soon())
    candidates = ring.ranker.requests[-1].candidates
    assert candidates["follows_author"].tolist() == [0, 0, 0, 0]
    assert candidates["follow_distance"].tolist() == [3, 3, 3, 3]
    assert reply.receipt.degraded_reasons == ["switched_off:hydrator:acquaintance"]
    assert reply.receipt.defaulted_columns == ["follows_author", "is_friend", "follow_distance"]
    ring.switches.switch_off()
    assert (await client.generate(a_request(), soon())).receipt.defaulted_columns == []
    assert ring.ranker.requests[-1].candidates["follows_author"].tolist() == [1, 1, 1, 1]


async def test_all_hydrators_may_be_off_at_once(connect: Connect) -> None:
    ring = a_ring()
    ring.switches.switch_off(*(each.key for each in SWITCHES if each.kind == "hydrator"))
    await (await connect(ring)).generate(a_request(), soon())
    sent = ring.ranker.requests[-1].candidates
    for column in CROSS_COLUMNS:
        np.testing.assert_array_equal(sent[column.name], column.empty(4))
        assert sent[column.name].dtype == column.dtype

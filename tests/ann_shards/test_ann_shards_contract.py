"""Every ShardClient must pass these tests: the shards themselves, and the same over gRPC,
with and without a line."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from ann_shards.servicer import SERVICE_NAME, AnnShardServicer
from ann_shards.shards import Shards
from generation.item_columns import CANDIDATE_COLUMNS, EMBEDDING_DIM, ITEM_FACTS
from protos import ann_shard_pb2, ann_shard_pb2_grpc
from serving.channels import open_channel
from serving.contracts.clients.shard_client import GrpcShardClient
from serving.contracts.shard import PartKind, SearchPart, SearchRequest, ShardClient
from serving.deadline import Deadline
from serving.errors import DeadlineError, FeedError, InvalidRequestError, PreconditionError
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.settings import CommonSettings
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible, ids
from tests.generation.tiny_generation import NOON_MS, SHARDS, shard_of
from tests.serving.lines.on_a_line import on_a_line

PARTS = [
    a_vector_part(0, 1, limit=7),
    an_id_part(PartKind.AUTHORS, [11, 12], weights=[1, 2], limit=5),
    an_id_part(PartKind.ITEMS, [9999], limit=5),
    SearchPart(PartKind.FRESH, 3),
]


@pytest.fixture(params=["direct", "over_grpc", "on_a_line"])
async def client(request, shards: Shards, tmp_path: Path) -> AsyncIterator[ShardClient]:
    if request.param == "direct":
        yield shards
        return
    settings = CommonSettings(
        generations=tmp_path, home=tmp_path, port=0, unhealthy_wait_s=0, drain_s=1
    )
    server = GrpcServer(settings, Metrics())
    ann_shard_pb2_grpc.add_AnnShardServiceServicer_to_server(
        AnnShardServicer(shards, 60_000), server.for_neighbours
    )
    await server.start([SERVICE_NAME])
    await server.mark_serving(SERVICE_NAME)
    if request.param == "on_a_line":
        service = ann_shard_pb2.DESCRIPTOR.services_by_name["AnnShardService"]
        connected = on_a_line(server, service, tmp_path)
    else:
        connected = open_channel(f"127.0.0.1:{server.port}", SERVICE_NAME)
    async with connected as channel:
        yield GrpcShardClient(channel)
    await server.drain()


def soon() -> Deadline:
    return Deadline.after_ms(20_000)


@pytest.fixture
def request_of(shards: Shards):
    def build(*parts: SearchPart, **eligibility: object) -> SearchRequest:
        return SearchRequest(shards.generation, everything_eligible(**eligibility), parts)

    return build


async def test_every_shard_answers_every_part_in_order(client, request_of):
    answers = await client.search(request_of(*PARTS), soon())
    assert [answer.shard for answer in answers] == list(range(SHARDS))
    for answer in answers:
        assert len(answer.parts) == len(PARTS)
        assert len(answer.parts[2].rows) == 0
        assert len(answer.parts[3].rows) == 3


async def test_columns_have_the_agreed_types_and_each_item_once(client, request_of):
    for answer in await client.search(request_of(*PARTS), soon()):
        items = answer.columns["item_id"]
        assert len(set(items.tolist())) == len(items)
        assert {shard_of(item) for item in items} == {answer.shard}
        for column in CANDIDATE_COLUMNS:
            values = answer.columns[column.name]
            assert values.dtype == np.dtype(column.dtype)
            assert values.shape == column.empty(len(items)).shape


async def test_scores_of_a_part_descend_and_ties_go_to_the_smaller_item(client, request_of):
    for answer in await client.search(request_of(*PARTS), soon()):
        for part in answer.parts:
            order = np.lexsort((answer.columns["item_id"][part.rows], -part.scores))
            assert order.tolist() == list(range(len(order)))


async def test_a_search_without_parts_finds_nothing(client, request_of):
    answers = await client.search(request_of(), soon())
    assert [len(answer.columns["item_id"]) for answer in answers] == [0] * SHARDS


async def test_lookup_answers_those_it_holds(client, shards):
    columns = await client.lookup(shards.generation, ids(101, 9999, 100, 139), NOON_MS, soon())
    assert sorted(columns["item_id"].tolist()) == [100, 101, 139]
    clicks = columns["facts"][:, ITEM_FACTS.index("log_clicks_total")]
    by_item = dict(zip(columns["item_id"].tolist(), clicks.tolist(), strict=True))
    assert by_item[100] == pytest.approx(np.log1p(40), abs=2e-3)


async def test_lookup_of_nothing_answers_nothing(client, shards):
    columns = await client.lookup(shards.generation, ids(), NOON_MS, soon())
    assert len(columns["item_id"]) == 0


async def test_another_generation_is_refused(client):
    request = SearchRequest("another", everything_eligible(), [])
    with pytest.raises(PreconditionError, match="another"):
        await client.search(request, soon())
    with pytest.raises(PreconditionError, match="another"):
        await client.lookup("another", ids(), NOON_MS, soon())


async def test_a_deadline_that_has_passed_is_refused(client, request_of):
    with pytest.raises(DeadlineError):
        await client.search(request_of(*PARTS), Deadline.after_ms(0))


NOT_FINITE = np.full((1, EMBEDDING_DIM), np.nan, np.float32)
BAD_PARTS = [
    ([SearchPart(PartKind.FRESH, 0)], r"parts\[0\].limit: 0 is outside \[1, 1000\]"),
    ([SearchPart(PartKind.FRESH, 1_001)], r"parts\[0\].limit: 1001 is outside"),
    ([SearchPart(PartKind.FRESH, 1)] * 17, "parts: 17 parts, limit 16"),
    ([SearchPart(PartKind.VECTORS, 1, NOT_FINITE)], r"parts\[0\].vectors: not finite"),
    ([SearchPart(PartKind.VECTORS, 1, np.ones((1, 3), np.float32))], r"parts\[0\].vectors"),
    ([SearchPart(PartKind.VECTORS, 1)], r"parts\[0\].vectors: missing"),
    ([a_vector_part(*range(9))], r"parts\[0\].vectors: 9 vectors, limit 8"),
    ([an_id_part(PartKind.ITEMS, range(2_001))], r"parts\[0\].ids: 2001 ids, limit 2000"),
    ([an_id_part(PartKind.ITEMS, [1], weights=[-1])], r"parts\[0\].weights"),
    ([an_id_part(PartKind.ITEMS, [1], weights=[np.nan])], r"parts\[0\].weights"),
    ([an_id_part(PartKind.ITEMS, [1, 2], weights=[1])], r"parts\[0\].weights: .* as many"),
]


@pytest.mark.parametrize(("parts", "problem"), BAD_PARTS, ids=[text for _, text in BAD_PARTS])
async def test_a_part_beyond_a_limit_is_refused_by_name(client, request_of, parts, problem):
    # Over gRPC it is a bug of the caller, which is a server itself: see serving.call_failures.
    with pytest.raises(FeedError, match=problem) as refused:
        await client.search(request_of(*parts), soon())
    assert isinstance(refused.value, InvalidRequestError) == isinstance(client, Shards)


async def test_too_many_ids_to_look_up_are_refused(client, shards):
    with pytest.raises(FeedError, match="item_ids: 1001 ids, limit 1000"):
        await client.lookup(shards.generation, np.arange(1_001), NOON_MS, soon())


async def test_a_filter_travels_whole(client, request_of):
    request = request_of(
        SearchPart(PartKind.FRESH, 40),
        oldest_ms=NOON_MS - 20 * 3_600_000,
        region=2,
        language=1,
        allow_sensitive=True,
        excluded_item_ids=ids(101),
        excluded_author_ids=ids(12),
    )
    answers = await client.search(request, soon())
    found = {int(i) for answer in answers for i in answer.columns["item_id"]}
    assert found == {i for i in range(100, 121) if i % 4 or i == 100} - {101, 102, 110, 118}

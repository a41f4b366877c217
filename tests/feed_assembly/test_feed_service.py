"""The whole service over gRPC: a real server, the embedded log, a state store on disk."""

from collections.abc import AsyncIterator

import grpc
import numpy as np
import pytest

from feed_assembly.page_keys import OneKey
from feed_assembly.ranked_list_reader import own_partition
from feed_assembly.service import open_feed_assembly
from feed_assembly.servicer import AS_OF_HEADER, SERVICE_NAME, FeedServicer
from generation import layout
from generation.manifest import InvalidGenerationError, Manifest
from protos import events_pb2, feed_pb2, feed_pb2_grpc
from serving.bus.bus import Bus
from serving.bus.log_bus import LogBus
from serving.bus.topics import ACTIONS, RANKED_LISTS, SERVED, partition_of
from serving.channels import open_channel
from serving.contracts import ranked_list_codec
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from serving.packed_arrays import unpack_ids
from serving.server import GrpcServer
from serving.state.open_state_store import open_state_store
from tests.feed_assembly.ring import ranked_list
from tests.generation.tiny_generation import NOON_MS, write_tiny_generation
from tests.serving.echo_service import local_settings
from tests.serving.fixed_clock import FixedClock

TIMEOUT_S = 5.0
PATIENCE_S = 10.0


class RankingOverTheBus:
    """Ranks the items of the tiny generation by id and publishes the list where it is asked to."""

    def __init__(self, bus: Bus) -> None:
        self.requests: list[GenerateRequest] = []
        self._bus = bus

    async def generate(self, request: GenerateRequest, deadline: Deadline) -> RankReply:
        self.requests.append(request)
        ids = np.setdiff1d(np.arange(100, 140), request.excluded_item_ids)
        ranked = ranked_list(request, ids, Receipt(shards_total=2, shards_answered=2))
        message = ranked_list_codec.to_proto(ranked).SerializeToString()
        await self._bus.publish(
            RANKED_LISTS,
            message,
            partition=request.reply_partition,
            timeout_s=deadline.remaining_s(),
        )
        return RankReply(ranked.receipt, None)


class Service:
    """The stub, and what is behind it."""

    def __init__(
        self, stub: feed_pb2_grpc.FeedServiceStub, bus: Bus, candidates: RankingOverTheBus
    ) -> None:
        self.stub = stub
        self.bus = bus
        self.candidates = candidates

    async def feed(self, metadata: tuple[tuple[str, str], ...] = (), **fields: object):
        request = feed_pb2.GetFeedRequest(**{"viewer_id": 1, **fields})
        return await self.stub.GetFeed(request, timeout=TIMEOUT_S, metadata=metadata)


@pytest.fixture
async def service(generation_folder, tmp_path, request) -> AsyncIterator[Service]:
    """A test may set `assume_seen` as the fixture's parameter."""
    bus, state = LogBus(tmp_path / "bus"), open_state_store(f"rocksdb://{tmp_path / 'state'}")
    await bus.start()
    candidates, metrics = RankingOverTheBus(bus), Metrics()
    feed_assembly = open_feed_assembly(
        generation_folder,
        Manifest.read(generation_folder),
        bus,
        state,
        candidates,
        FixedClock(NOON_MS),
        metrics,
        OneKey(bytes(32)),
        assume_seen=getattr(request, "param", False),
    )
    assert await feed_assembly.start()
    server = GrpcServer(local_settings(tmp_path), metrics)
    servicer = FeedServicer(feed_assembly, 1_000.0, allow_as_of=True)
    feed_pb2_grpc.add_FeedServiceServicer_to_server(servicer, server.grpc_server)
    await server.start([SERVICE_NAME])
    await server.mark_serving(SERVICE_NAME)
    async with open_channel(f"127.0.0.1:{server.port}", SERVICE_NAME) as channel:
        yield Service(feed_pb2_grpc.FeedServiceStub(channel), bus, candidates)
    await server.drain()
    await feed_assembly.close()
    await bus.close()
    await state.close()


async def test_a_page_comes_with_everything_a_client_shows(service) -> None:
    answer = await service.feed(page_size=2)
    first = answer.items[0]
    assert [item.item_id for item in answer.items] == [100, 101]
    assert [item.position for item in answer.items] == [0, 1]
    assert first.content.title == "title 100"
    assert first.content.author_name == "author 10"
    assert first.content.categories == ["cats"]
    assert first.content.created_ms == NOON_MS
    assert list(first.sources) == ["nearest"]
    assert first.reason == "picked for you"
    assert answer.receipt.origin == "ranked"
    assert not answer.receipt.degraded_reasons
    assert answer.receipt.total_ms > 0
    assert [stage.name for stage in answer.receipt.stages] == ["session", "new_list", "content"]


async def test_lists_come_over_the_one_partition_that_this_replica_reads(service) -> None:
    answers = [await service.feed(viewer_id=viewer_id) for viewer_id in (70, 71)]
    assert [answer.receipt.origin for answer in answers] == ["ranked", "ranked"]
    partitions = [asked.reply_partition for asked in service.candidates.requests]
    assert partitions == [own_partition(0, 1)] * 2


async def test_scrolling_over_the_wire(service) -> None:
    first = await service.feed(page_size=3)
    second = await service.feed(page_size=3, page_token=first.next_page_token)
    assert [item.item_id for item in second.items] == [103, 104, 105]


async def test_a_block_removes_the_author_from_the_next_page(service) -> None:
    first = await service.feed(page_size=3)
    blocked = 103 % 8
    action = feed_pb2.Action(action_id="a", viewer_id=1, kind=events_pb2.BLOCK, author_id=blocked)
    logged = await service.stub.LogActions(
        feed_pb2.LogActionsRequest(actions=[action]), timeout=TIMEOUT_S
    )
    assert logged.accepted_count == 1
    second = await service.feed(page_size=50, page_token=first.next_page_token)
    assert blocked not in {item.author_id for item in second.items}
    assert second.items


async def test_a_published_item_has_content_and_a_deleted_one_is_gone(service) -> None:
    first = await service.feed(page_size=1)
    events = [
        events_pb2.ItemEvent(
            event_id="p", change=events_pb2.ItemEvent.PUBLISH, item_id=101, title="news"
        ),
        events_pb2.ItemEvent(event_id="d", change=events_pb2.ItemEvent.DELETE, item_id=102),
    ]
    published = await service.stub.PublishItems(
        feed_pb2.PublishItemsRequest(items=events), timeout=TIMEOUT_S
    )
    assert published.accepted_count == 2
    # Each is in its shard's partition; the page is asked for until both were read.
    for _ in range(1_000):
        page = await service.feed(page_size=2, page_token=first.next_page_token)
        ids = [item.item_id for item in page.items]
        if ids == [101, 103] and page.items[0].content.title == "news":
            break
    assert ids == [101, 103]
    assert page.items[0].content.title == "news"


async def test_every_page_leaves_a_served_record(service) -> None:
    partition = partition_of(1, SERVED.partitions)
    reading = await service.bus.subscribe(SERVED, {partition: 0}, reader="test")
    answer = await service.feed(page_size=3, request_id="r", surface="home")
    [message] = await reading.poll(1, PATIENCE_S)
    await reading.close()
    record = events_pb2.ServedRecord.FromString(message.value)
    assert unpack_ids(record.item_ids, "item_ids").tolist() == [100, 101, 102]
    assert (record.viewer_id, record.request_id, record.surface) == (1, "r", "home")
    assert record.feed_id == answer.feed_id
    assert record.occurred_ms == NOON_MS


async def test_the_same_place_served_again_is_another_record(service) -> None:
    token = (await service.feed(page_size=3)).next_page_token
    for _ in range(2):
        await service.feed(page_size=3, page_token=token)
    partition = partition_of(1, SERVED.partitions)
    reading = await service.bus.subscribe(SERVED, {partition: 0}, reader="test")
    event_ids = []
    while len(event_ids) < 3:
        polled = await reading.poll(10, PATIENCE_S)
        assert polled
        event_ids += [events_pb2.ServedRecord.FromString(each.value).event_id for each in polled]
    await reading.close()
    assert len(set(event_ids)) == 3


@pytest.mark.parametrize("service", [True], indirect=True)
async def test_where_clients_cannot_report_a_page_leaves_impressions(service) -> None:
    answer = await service.feed(page_size=3)
    partition = partition_of(1, ACTIONS.partitions)
    subscription = await service.bus.subscribe(ACTIONS, {partition: 0}, reader="test")
    messages = []
    while len(messages) < len(answer.items):
        polled = await subscription.poll(10, PATIENCE_S)
        assert polled
        messages += polled
    await subscription.close()
    seen = [events_pb2.ActionEvent.FromString(message.value) for message in messages]
    assert [event.item_id for event in seen] == [item.item_id for item in answer.items]
    assert {event.kind for event in seen} == {events_pb2.IMPRESSION}


async def test_a_header_sets_the_time_of_a_request(service) -> None:
    await service.feed(metadata=((AS_OF_HEADER, "1700000000000"),))
    assert service.candidates.requests[0].now_ms == 1_700_000_000_000


@pytest.mark.parametrize("value", ["soon", "-1", "9" * 30])
async def test_a_header_that_is_no_time_is_refused(service, value) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.feed(metadata=((AS_OF_HEADER, value),))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_absent_viewer_is_refused_by_name(service) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.stub.GetFeed(feed_pb2.GetFeedRequest(), timeout=TIMEOUT_S)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details() == "viewer_id: required, a number >= 0"


async def test_viewer_zero_and_a_stranger_get_a_feed(service) -> None:
    for viewer_id in (0, 2**62):
        assert len((await service.feed(viewer_id=viewer_id)).items) == 20


@pytest.mark.parametrize("name", [layout.CONTENT_ITEMS, layout.POPULAR_FLOOR, layout.VIEWERS])
def test_a_damaged_generation_is_refused_by_file_name(tmp_path, name) -> None:
    folder = write_tiny_generation(tmp_path / "generations")
    path = folder / name
    path.chmod(0o644)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(InvalidGenerationError, match=name):
        open_feed_assembly(
            folder,
            Manifest.read(folder),
            LogBus(tmp_path / "bus"),
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            FixedClock(),
            Metrics(),
            OneKey(bytes(32)),
        )

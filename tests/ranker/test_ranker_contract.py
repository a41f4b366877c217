"""Every ranker, called directly or over gRPC, must pass these tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from protos import ranker_pb2, ranker_pb2_grpc
from ranker.diversity import DiversitySettings
from ranker.models import Models
from ranker.onnx_model import OnnxModel
from ranker.service import Ranker
from ranker.servicer import SERVICE_NAME, RankerServicer
from ranker.settings import RankerSettings
from ranker.value_model import ValueModel
from serving.bus.bus import Bus
from serving.bus.open_bus import open_bus
from serving.bus.topics import RANKED_LISTS
from serving.channels import open_channel
from serving.contracts import ranked_list_codec
from serving.contracts.clients.ranker_client import GrpcRankerClient
from serving.contracts.rank import RankedList, RankerClient
from serving.deadline import Deadline
from serving.errors import BusUnavailableError, DeadlineError, FeedError, PreconditionError
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from tests.generation.tiny_models import write_linear_model, write_tiny_models
from tests.ranker.requests import a_request, a_viewer, candidates, pointing

Open = Callable[..., Awaitable[RankerClient]]
PATIENT = 5_000.0


class DeafBus:
    """A bus that acknowledges nothing."""

    async def publish(self, *_args: object, **_fields: object) -> tuple[int, int]:
        raise BusUnavailableError("nobody there")


def models(folder: Path, **click: float) -> Models:
    """The tiny models; `click` replaces the weights of the main ranker by those of one head."""
    write_tiny_models(folder)
    if click:
        write_linear_model(folder / "ranker.onnx", {"click": click})
    ranker = OnnxModel(folder / "ranker.onnx")
    worth = ValueModel.read(folder / "value_model.json").for_heads(ranker.heads)
    return Models(OnnxModel(folder / "pre_ranker.onnx"), ranker, worth, {"ranker": ranker.version})


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    bus = open_bus(f"log://{tmp_path}/bus")
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture(params=["direct", "over grpc"])
async def open_ranker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    closing: list[Callable[[], Awaitable[object]]] = []

    async def open_one(bus: Bus | DeafBus, **click: float) -> RankerClient:
        loaded = models(tmp_path / "models", **click)
        ranker = Ranker("tiny", loaded, bus, Metrics(), DiversitySettings())  # type: ignore[arg-type]
        if request.param == "direct":
            return ranker
        settings = RankerSettings(port=0, generations=tmp_path, home=tmp_path, unhealthy_wait_s=0.0)
        server = GrpcServer(settings, Metrics())
        ranker_pb2_grpc.add_RankerServiceServicer_to_server(
            RankerServicer(ranker, 150.0), server.grpc_server
        )
        await server.start([SERVICE_NAME])
        await server.mark_serving(SERVICE_NAME)
        channel = open_channel(f"127.0.0.1:{server.port}", SERVICE_NAME)
        closing.extend([channel.close, server.drain])
        return GrpcRankerClient(channel)

    yield open_one
    for close in closing:
        await close()


async def published_list(bus: Bus, ranker: RankerClient, **columns: object) -> RankedList:
    """Rank the columns and take the list from the bus."""
    reader = await bus.subscribe(RANKED_LISTS, {3: None}, reader="test")
    item_ids = columns.pop("item_ids")
    reply = await ranker.rank(
        a_request(candidates(item_ids, **columns)),  # type: ignore[arg-type]
        Deadline.after_ms(PATIENT),
    )
    assert reply.ranked_list is None
    (message,) = await reader.poll(1, 5.0)
    return ranked_list_codec.from_proto(ranker_pb2.RankedList.FromString(message.value))


async def test_orders_by_the_value_of_what_the_viewer_would_do(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    ranked = await published_list(
        bus, ranker, item_ids=[1, 2, 3], vector=pointing([80, 0, 40]), has_vector=1
    )
    assert ranked.item_ids.tolist() == [2, 3, 1]
    assert (np.diff(ranked.scores) < 0).all()
    assert (ranked.request_id, ranked.revocation_version, ranked.list_size) == ("r1", 7, 3)


async def test_the_list_is_fifty_long_and_the_reserve_twenty(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    many = list(range(1, 301))
    angles = np.linspace(0, 90, len(many)).tolist()
    ranked = await published_list(
        bus, ranker, item_ids=many, vector=pointing(angles), author_id=many, has_vector=1
    )
    assert (ranked.list_size, len(ranked.item_ids)) == (50, 70)
    assert len(set(ranked.item_ids.tolist())) == 70


async def test_the_receipt_counts_every_stage(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    columns = candidates(list(range(300)), vector=pointing(np.linspace(0, 90, 300).tolist()))
    reply = await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))
    counts = {s.name: (s.count_in, s.count_out) for s in reply.receipt.stages}
    assert counts["pre_ranker"] == (300, 200)
    assert counts["diversity"] == (200, 70)
    assert reply.receipt.degraded_reasons == []
    assert len(reply.receipt.models["ranker"]) == 12


async def test_without_the_bus_the_reply_carries_the_list(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    columns = candidates([5, 6], vector=pointing([50, 10]))
    reply = await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))
    assert reply.receipt.degraded_reasons == ["bus_unacknowledged"]
    assert reply.ranked_list is not None
    assert reply.ranked_list.item_ids.tolist() == [6, 5]


async def test_one_score_for_everything_leaves_the_order_of_the_pre_ranker(
    open_ranker: Open,
) -> None:
    ranker = await open_ranker(DeafBus(), vector_dot=0.0)
    columns = candidates([5, 6], vector=pointing([50, 10]))
    reply = await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))
    assert "main_ranker_failed" in reply.receipt.degraded_reasons
    assert reply.ranked_list is not None
    assert reply.ranked_list.item_ids.tolist() == [6, 5]


async def test_another_generation_is_refused(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    request = a_request(candidates([1]), generation="other")
    with pytest.raises(PreconditionError):
        await ranker.rank(request, Deadline.after_ms(PATIENT))


async def test_a_column_that_is_not_finite_is_refused(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    columns = candidates([1, 2], author_positives=[1.0, float("nan")])
    with pytest.raises(FeedError):
        await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))


async def test_too_little_time_is_refused(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    with pytest.raises(DeadlineError):
        await ranker.rank(a_request(candidates([1])), Deadline.after_ms(1.0))


async def test_a_new_viewer_gets_at_most_two_items_of_an_author(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    columns = candidates(
        list(range(100)),
        vector=pointing(np.linspace(0, 90, 100).tolist()),
        author_id=np.arange(100) % 40,
        categories=np.column_stack([1 + np.arange(100) % 10, *[np.zeros(100)] * 3]),
    )
    request = a_request(columns, viewer=a_viewer(impressions=0))
    reply = await ranker.rank(request, Deadline.after_ms(PATIENT))
    assert reply.ranked_list is not None
    page = reply.ranked_list
    authors, counts = np.unique(page.author_ids[:50], return_counts=True)
    assert counts.max() <= 2
    assert len(authors) >= 25
    first_page = columns["categories"][page.item_ids[:20], 0]
    assert len(set(first_page.tolist())) >= 8

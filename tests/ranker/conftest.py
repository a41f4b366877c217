"""A bus that works, and every way to reach a ranker."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from protos import ranker_pb2_grpc
from ranker.diversity import DiversitySettings
from ranker.service import Ranker
from ranker.servicer import SERVICE_NAME, RankerServicer
from ranker.settings import RankerSettings
from serving.bus.bus import Bus
from serving.bus.open_bus import open_bus
from serving.channels import open_channel
from serving.contracts.clients.ranker_client import GrpcRankerClient
from serving.contracts.rank import RankerClient
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from tests.ranker.rankers import DeafBus, Open, SlowBus, models


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    bus = open_bus(f"log://{tmp_path}/bus")
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture(params=["direct", "over grpc"])
async def open_ranker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    closing: list[Callable[[], Awaitable[object]]] = []

    async def open_one(bus: Bus | DeafBus | SlowBus, **click: float) -> RankerClient:
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

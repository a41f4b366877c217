"""A bus that works, and every way to reach a ranker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from protos import ranker_pb2, ranker_pb2_grpc
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
from tests.serving.lines.on_a_line import on_a_line


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    bus = open_bus(f"log://{tmp_path}/bus")
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture(params=["direct", "over grpc", "on a line"])
async def open_ranker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    stack = AsyncExitStack()

    async def open_one(bus: Bus | DeafBus | SlowBus, **click: float) -> RankerClient:
        loaded = models(tmp_path / "models", **click)
        ranker = Ranker("tiny", loaded, bus, Metrics(), DiversitySettings())  # type: ignore[arg-type]
        if request.param == "direct":
            return ranker
        settings = RankerSettings(port=0, generations=tmp_path, home=tmp_path, unhealthy_wait_s=0.0)
        server = GrpcServer(settings, Metrics())
        ranker_pb2_grpc.add_RankerServiceServicer_to_server(
            RankerServicer(ranker, 150.0), server.for_neighbours
        )
        await server.start([SERVICE_NAME])
        await server.mark_serving(SERVICE_NAME)
        stack.push_async_callback(server.drain)
        if request.param == "on a line":
            service = ranker_pb2.DESCRIPTOR.services_by_name["RankerService"]
            connected = on_a_line(server, service, tmp_path)
        else:
            connected = open_channel(f"127.0.0.1:{server.port}", SERVICE_NAME)
        return GrpcRankerClient(await stack.enter_async_context(connected))

    async with stack:
        yield open_one

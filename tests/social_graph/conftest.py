"""The tiny generation, once per run, and graphs over it with a bus of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from generation.manifest import Manifest
from serving.bus.log_bus import LogBus
from serving.metrics_recorder import Metrics
from serving.state.rocksdb_state_store import RocksDbStateStore
from social_graph.graph_base import GraphBase
from social_graph.load import load_base
from social_graph.service import open_social_graph
from social_graph.social_graph import SocialGraph
from tests.generation.tiny_generation import write_tiny_generation

OpenGraph = Callable[[], Awaitable[SocialGraph]]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
def manifest(tiny: Path) -> Manifest:
    return Manifest.read(tiny)


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[LogBus]:
    bus = LogBus(tmp_path / "bus")
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture
async def open_graph(tiny, manifest, bus, tmp_path) -> AsyncIterator[OpenGraph]:
    """Opens the graph of one home, as often as a test restarts it; closing is the test's."""
    opened: list[SocialGraph] = []

    async def open_it() -> SocialGraph:
        graph = await open_social_graph(tiny, manifest, tmp_path, bus, Metrics())
        opened.append(graph)
        assert await graph.start()
        return graph

    yield open_it
    for graph in opened:
        await graph.close()


@pytest.fixture
async def graph(open_graph: OpenGraph) -> SocialGraph:
    return await open_graph()


@pytest.fixture
async def base(tiny, manifest, tmp_path) -> AsyncIterator[GraphBase]:
    base = load_base(tiny, manifest, tmp_path / "graph")
    yield base
    base.close()


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[RocksDbStateStore]]:
    """Two overlays: one that lives dangerously, one for the clean replay."""
    stores = [RocksDbStateStore(tmp_path / name) for name in ("murdered", "clean")]
    yield stores
    for store in stores:
        await store.close()

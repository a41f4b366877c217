"""The tiny generation, once per run, and shards over it with a bus of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ann_shards.service import open_shards
from ann_shards.shards import Shards
from generation.manifest import Manifest
from serving.bus.log_bus import LogBus
from serving.metrics_recorder import Metrics
from tests.generation.tiny_generation import SHARDS, write_tiny_generation
from tests.serving.fixed_clock import FixedClock


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[LogBus]:
    bus = LogBus(tmp_path / "bus")
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture
async def shards(tiny: Path, bus: LogBus) -> AsyncIterator[Shards]:
    shards = open_shards(tiny, Manifest.read(tiny), range(SHARDS), bus, FixedClock(), Metrics())
    assert await shards.start()
    yield shards
    await shards.close()


@pytest.fixture
async def open_again(tiny: Path, bus: LogBus) -> AsyncIterator[Callable[[], Awaitable[Shards]]]:
    """Opens further shards over the same bus, as a restarted process does."""
    opened: list[Shards] = []

    async def open_them() -> Shards:
        shards = open_shards(tiny, Manifest.read(tiny), range(SHARDS), bus, FixedClock(), Metrics())
        opened.append(shards)
        assert await shards.start()
        return shards

    yield open_them
    for shards in opened:
        await shards.close()

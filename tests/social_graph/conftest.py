"""The tiny generation, once per run, and a bus of each test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from serving.bus.log_bus import LogBus
from tests.generation.tiny_generation import write_tiny_generation


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[LogBus]:
    bus = LogBus(tmp_path / "bus")
    await bus.start()
    yield bus
    await bus.close()

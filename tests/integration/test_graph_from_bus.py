"""A real process of the graph over the embedded log: killed, started again, and still right."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from generation import layout
from generation.publish import current
from serving.bus.log_bus import LogBus
from serving.channels import open_channel
from serving.contracts.clients.graph_client import GrpcGraphClient
from serving.contracts.graph import BLOCKED, FOLLOWS, FRIEND, MUTED
from serving.deadline import Deadline
from social_graph.servicer import SERVICE_NAME
from tests.generation.tiny_generation import write_tiny_generation
from tests.social_graph.events import an_action, publish

CANNOT_START = 2
START_TIMEOUT_S = 60

Process = asyncio.subprocess.Process
Start = Callable[[], Awaitable[Process]]


@pytest.fixture
def generations(tmp_path: Path) -> Path:
    write_tiny_generation(tmp_path / "generations")
    return tmp_path / "generations"


@pytest.fixture
async def start(tmp_path: Path, generations: Path) -> AsyncIterator[Start]:
    started: list[Process] = []
    settings = {
        "FEEDRANK_HOME": str(tmp_path / "home"),
        "FEEDRANK_GENERATIONS": str(generations),
        "FEEDRANK_PORT": "0",
        "FEEDRANK_UNHEALTHY_WAIT_S": "0",
    }

    async def start_it() -> Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "social_graph.main"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | settings,
        )
        started.append(process)
        return process

    yield start_it
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def publish_all(home: Path, *actions: tuple[str, int, int]) -> None:
    """Publish while no process owns the log."""
    bus = LogBus(home / "bus")
    await bus.start()
    for kind, viewer, target in actions:
        await publish(bus, viewer, an_action(kind, viewer, target))
    await bus.close()


async def event_of(process: Process, name: str) -> dict[str, object]:
    """The process's log line of that event."""
    async with asyncio.timeout(START_TIMEOUT_S):
        while line := await process.stdout.readline():
            if line.startswith(b"{") and (entry := json.loads(line))["event"] == name:
                return entry
    raise AssertionError(f"the process ended without telling {name!r}")


async def flags(process: Process, generation: str, viewer: int, *authors: int) -> list[int]:
    port = (await event_of(process, "listening"))["port"]
    async with open_channel(f"127.0.0.1:{port}", SERVICE_NAME) as channel:
        answer = await GrpcGraphClient(channel).relations(
            generation, viewer, np.array(authors, np.int64), Deadline.after_ms(20_000)
        )
    return answer.flags.tolist()


async def test_killed_and_started_again_it_has_every_effect(start, generations, tmp_path):
    generation = current(generations).name
    home = tmp_path / "home"
    await publish_all(home, ("mute", 1, 10), ("follow", 10, 1))
    process = await start()
    assert await flags(process, generation, 1, 10) == [FOLLOWS | FRIEND | MUTED]
    process.kill()
    await process.wait()
    await publish_all(home, ("block", 10, 1), ("unmute", 1, 10))
    process = await start()
    assert await flags(process, generation, 1, 10) == [FOLLOWS | FRIEND | BLOCKED]
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_a_damaged_generation_is_one_log_line_and_the_right_exit_code(start, generations):
    part = current(generations) / layout.GRAPH_PART.format(part=0)
    contents = part.read_bytes()
    part.write_bytes(contents[:-1])
    process = await start()
    entry = await event_of(process, "cannot start")
    assert "part-00000.arrow" in str(entry["cause"])
    assert await process.wait() == CANNOT_START


async def test_an_overlay_that_lost_its_files_is_set_aside_and_filled_again(
    start, generations, tmp_path
):
    home = tmp_path / "home"
    await publish_all(home, ("mute", 1, 10))
    process = await start()
    assert await flags(process, current(generations).name, 1, 10) == [FOLLOWS | MUTED]
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    overlay = home / "graph" / current(generations).name / "overlay"
    (overlay / "CURRENT").unlink()
    shutil.copy(next(overlay.glob("MANIFEST-*")), overlay / "000099.sst")
    process = await start()
    assert await flags(process, current(generations).name, 1, 10) == [FOLLOWS | MUTED]
    assert [path.name for path in overlay.parent.glob("overlay.damaged*")] == ["overlay.damaged-0"]

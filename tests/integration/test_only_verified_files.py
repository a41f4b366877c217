"""No service opens a file of a generation that its manifest does not vouch for.

Every service is opened by itself, once for each file: what one service checks must not be what
another one relies on.
"""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ann_shards.service import open_shards
from candidate_gen.service import Services, open_candidate_gen
from feed_assembly.page_keys import OneKey
from feed_assembly.service import open_feed_assembly
from generation.manifest import InvalidGenerationError, Manifest
from ranker.service import open_ranker
from serving.bus.bus import Bus
from serving.bus.open_bus import open_bus
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.state.open_state_store import open_state_store
from serving.state.state_store import StateStore
from social_graph.service import open_social_graph
from tests.generation.tiny_generation import SHARDS, write_tiny_generation
from tests.serving.fixed_clock import FixedClock

NEVER_SERVED = {"report.json"}
"""For people only."""


@dataclass(frozen=True)
class Around:
    """What services need beside a generation."""

    home: Path
    bus: Bus
    state: StateStore


Open = Callable[[Path, Manifest, Around], Awaitable[object]]


async def shards(folder: Path, manifest: Manifest, around: Around) -> None:
    metrics = Metrics()
    executor = NativeExecutor(metrics)
    numbers, bus = range(SHARDS), around.bus
    try:
        open_shards(folder, manifest, numbers, bus, FixedClock(), metrics, executor)
    finally:
        await executor.close()


async def social_graph(folder: Path, manifest: Manifest, around: Around) -> None:
    shutil.rmtree(around.home, ignore_errors=True)  # else it would have its own copy
    graph = await open_social_graph(folder, manifest, around.home, around.bus, Metrics())
    await graph.close()


async def candidate_gen(folder: Path, manifest: Manifest, around: Around) -> None:
    services = Services([], None, None)  # type: ignore[arg-type]
    open_candidate_gen(folder, manifest, services, around.bus, around.state, Metrics())


async def ranker(folder: Path, manifest: Manifest, around: Around) -> None:
    open_ranker(folder, manifest, around.bus, Metrics())


async def feed_assembly(folder: Path, manifest: Manifest, around: Around) -> None:
    nobody, keys = None, OneKey(bytes(32))
    rest = (around.bus, around.state, nobody, FixedClock(), Metrics(), keys)
    open_feed_assembly(folder, manifest, *rest)  # type: ignore[arg-type]


SERVICES: tuple[Open, ...] = (shards, social_graph, candidate_gen, ranker, feed_assembly)


@pytest.fixture
async def around(tmp_path):
    bus, state = open_bus(f"log://{tmp_path}/bus"), open_state_store(f"rocksdb://{tmp_path}/state")
    await bus.start()
    yield Around(tmp_path / "home", bus, state)
    await bus.close()
    await state.close()


@pytest.fixture
def folder(tmp_path):
    return write_tiny_generation(tmp_path / "generations")


async def refuses(service: Open, folder: Path, manifest: Manifest, around: Around) -> bool:
    try:
        await service(folder, manifest, around)
    except InvalidGenerationError:
        return True
    return False


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.__name__)
async def test_what_the_manifest_does_not_vouch_for_is_not_opened(service, folder, around):
    manifest = Manifest.read(folder)
    assert not await refuses(service, folder, manifest, around)
    needed = []
    for name in manifest.files:
        hidden = (folder / name).rename(folder.parent / "hidden")
        if await refuses(service, folder, manifest, around):
            needed.append(name)
            damage(hidden, folder / name)
            assert await refuses(service, folder, manifest, around), name
            hidden.replace(folder / name)
            unlisted = without(name, manifest)
            if not await refuses(service, folder, unlisted, around):
                (folder / name).rename(hidden)  # then it must do without
                assert not await refuses(service, folder, unlisted, around), name
        if hidden.exists():
            hidden.replace(folder / name)
    assert needed
    assert not NEVER_SERVED.intersection(needed)


def damage(whole: Path, path: Path) -> None:
    """Write a copy with one flipped bit."""
    raw = bytearray(whole.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def without(name: str, manifest: Manifest) -> Manifest:
    return replace(manifest, files={n: e for n, e in manifest.files.items() if n != name})

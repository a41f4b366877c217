"""All services in one process over the tiny generation, called through their gRPC servicers."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ann_shards.service import open_shards
from ann_shards.servicer import AnnShardServicer
from ann_shards.shards import Shards
from candidate_gen.service import Services, open_candidate_gen
from candidate_gen.servicer import CandidateServicer
from feed_assembly.page_keys import OneKey
from feed_assembly.service import open_feed_assembly
from feed_assembly.servicer import FeedServicer
from generation.manifest import Manifest
from ranker.service import open_ranker
from ranker.servicer import RankerServicer
from serving.bus.log_bus import LogBus
from serving.metrics_recorder import Metrics
from social_graph.service import open_social_graph
from social_graph.servicer import SocialGraphServicer
from tests.feed_assembly.memory_state import MemoryState
from tests.fuzz.call_context import PATIENCE_MS
from tests.generation.tiny_generation import SHARDS, write_tiny_generation
from tests.serving.fixed_clock import FixedClock


@dataclass(frozen=True, slots=True)
class OpenServices:
    """Servicers by the word that begins the name of their messages' module."""

    loop: asyncio.AbstractEventLoop
    generation: str
    bus: LogBus
    shards: Shards
    servicers: dict[str, Any]


@contextmanager
def open_services() -> Iterator[OpenServices]:
    """Open while the body runs, which drives the loop."""
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as name:
        folder = write_tiny_generation(Path(name) / "generations")
        opened, close = loop.run_until_complete(_open(loop, folder, Path(name)))
        try:
            yield opened
        finally:
            loop.run_until_complete(close())
            loop.close()


async def _open(
    loop: asyncio.AbstractEventLoop, folder: Path, home: Path
) -> tuple[OpenServices, Any]:
    manifest, clock, metrics = Manifest.read(folder), FixedClock(), Metrics()
    bus, state = LogBus(home / "bus"), MemoryState()
    await bus.start()
    shards = open_shards(folder, manifest, range(SHARDS), bus, clock, metrics)
    graph = await open_social_graph(folder, manifest, home, bus, metrics)
    ranker = open_ranker(folder, manifest, bus, metrics)
    services = Services([shards], graph, ranker)
    candidates = open_candidate_gen(folder, manifest, services, bus, state, metrics)
    feeds = open_feed_assembly(
        folder, manifest, bus, state, candidates, clock, metrics, OneKey(bytes(32))
    )
    for part in (shards, graph, feeds):
        await part.start()
    updating = asyncio.create_task(candidates.run())

    async def close() -> None:
        updating.cancel()
        await asyncio.wait([updating])
        for part in (feeds, shards, graph, bus):
            await part.close()

    servicers = {
        "feed": FeedServicer(feeds, PATIENCE_MS),
        "candidates": CandidateServicer(candidates, PATIENCE_MS),
        "ann_shard": AnnShardServicer(shards, PATIENCE_MS),
        "social_graph": SocialGraphServicer(graph, PATIENCE_MS),
        "ranker": RankerServicer(ranker, PATIENCE_MS),
    }
    return OpenServices(loop, manifest.name, bus, shards, servicers), close

"""What each rung of the ladder that makes a list costs, and what it loses of the full list.

Run: `python -m benchmarks.rungs GENERATIONS`. Viewers are drawn with a seed from the generation;
everything runs in one process over an embedded store, and lists are taken where they would be
published. Quality is the share of the first 20 items of the full list that are in the rung's own.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ann_shards.service import open_shards
from candidate_gen.service import CandidateGen, Services, open_candidate_gen
from generation import layout
from generation.arrow_file import MappedTable
from generation.manifest import Manifest
from generation.publish import current
from ranker.service import open_ranker
from serving.bus.open_bus import open_bus
from serving.clock import WallClock
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.errors import BusUnavailableError
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from serving.state.open_state_store import open_state_store
from social_graph.service import open_social_graph

VIEWERS = 100
PAGE = 20
RUNGS = (Rung.FULL, Rung.FEWER_PROBES, Rung.SMALLER_RANKER)
NOBODY = np.empty(0, np.int64)


class DeafBus:
    """Takes nothing, so that the reply carries the list."""

    async def publish(self, *_: Any, **__: Any) -> None:
        raise BusUnavailableError("deaf")


async def _open(folder: Path, manifest: Manifest, home: Path) -> CandidateGen:
    bus, state = open_bus(f"log://{home}/bus"), open_state_store(f"rocksdb://{home}/state")
    metrics = Metrics()
    executor, numbers = NativeExecutor(metrics), range(manifest.shard_count)
    await bus.start()
    shards = open_shards(folder, manifest, numbers, bus, WallClock(), metrics, executor)
    graph = await open_social_graph(folder, manifest, home, bus, metrics)
    ranker = open_ranker(folder, manifest, DeafBus(), metrics)  # type: ignore[arg-type]
    services = Services([shards], graph, ranker)
    return open_candidate_gen(folder, manifest, services, bus, state, metrics)


def _request(viewer: int, rung: Rung, now_ms: int) -> GenerateRequest:
    nothing = (NOBODY,) * 4
    return GenerateRequest(
        f"r{viewer}", viewer, 0, 0, now_ms, "home", "", "", "", 0, *nothing, rung
    )


async def measure(generations: Path, home: Path) -> None:
    folder = current(generations)
    manifest = Manifest.read(folder)
    candidate_gen = await _open(folder, manifest, home)
    known = MappedTable(folder / layout.VIEWERS).array("viewer_id")
    viewers = np.random.default_rng(7).choice(known, min(VIEWERS, len(known)), replace=False)
    took_ms: dict[Rung, list[float]] = {rung: [] for rung in RUNGS}
    overlap: dict[Rung, list[float]] = {rung: [] for rung in RUNGS}
    narrowed: dict[Rung, set[str]] = {rung: set() for rung in RUNGS}
    for viewer in viewers.tolist():
        full: set[int] = set()
        for rung in RUNGS:
            request = _request(viewer, rung, manifest.data_time_ms)
            started_s = time.process_time()
            reply = await candidate_gen.generate(request, Deadline.after_ms(60_000))
            took_ms[rung].append((time.process_time() - started_s) * 1_000)
            page = _page(reply)
            full = full or page
            overlap[rung].append(len(page & full) / len(full))
            narrowed[rung].update(reply.receipt.narrowed)
    for rung in RUNGS:
        print(
            f"{rung.word:15} {statistics.median(took_ms[rung]):5.1f} ms CPU   "
            f"{statistics.mean(overlap[rung]):.3f} of the first {PAGE} as in full   "
            f"{', '.join(sorted(narrowed[rung]))}"
        )


def _page(reply: RankReply) -> set[int]:
    if reply.ranked_list is None:
        raise ValueError("the list was published")
    return set(reply.ranked_list.item_ids[:PAGE].tolist())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(measure(Path(sys.argv[1]), Path(home)))

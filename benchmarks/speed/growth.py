"""What a request costs as its world grows: items, shards, candidates, payload of features."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.captured import Captured, open_pipeline
from benchmarks.speed.echo import measure_hop
from benchmarks.speed.floor import measure_floor
from benchmarks.speed.world.build import bench_folder, world
from benchmarks.speed.world.size import WorldSize
from generation.manifest import Manifest
from generation.publish import current
from ranker.diversity import DiversitySettings
from ranker.model_use import ModelUses
from ranker.models import Models
from ranker.ranking import rank_candidates
from serving.contracts.rank import RankRequest
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.fallback_log import FallbackLog
from serving.metrics_recorder import Metrics
from serving.native_threads import hold_native_threads
from serving.stage_clock import StageClock
from serving.switches.switches import EVERYTHING_ON

ITEMS = (100_000, 500_000, 2_000_000)
SHARDS = (1, 2, 4, 8)
SHARDED_ITEMS = 500_000
CANDIDATES = (250, 500, 1_000)
FEATURES = (16, 32, 64, 128)
VIEWERS = 5_000
REQUESTS = 100
ROUNDS = 5


def growth_sizes() -> list[WorldSize]:
    """Every world that is measured, so that they can be built before."""
    sizes = [WorldSize(items=items, viewers=VIEWERS) for items in ITEMS]
    sizes += [WorldSize(items=SHARDED_ITEMS, shards=shards, viewers=VIEWERS) for shards in SHARDS]
    return sizes


def measure_growth() -> dict[str, Any]:
    """CPU microseconds per request."""
    hold_native_threads()
    by_size: dict[WorldSize, dict[str, Any]] = {}
    for size in growth_sizes():
        if size not in by_size:
            by_size[size] = cost_of(world(size))
            print(f"  {size.items} items, {size.shards} shards: {by_size[size]}", flush=True)
    sharded = [s for s in by_size if s.items == SHARDED_ITEMS]
    default = WorldSize().shards
    return {
        "items": {s.items: cost for s, cost in by_size.items() if s.shards == default},
        "shards": {s.shards: by_size[s] for s in sorted(sharded, key=lambda s: s.shards)},
        "candidates": candidates_cost(world(sharded[0])),
        "features": {
            width: measure_hop(500 * width * np.dtype(np.float16).itemsize) for width in FEATURES
        },
    }


def cost_of(generations: Path) -> dict[str, float]:
    """Floor and whole pipeline, without edge, bus and state; microseconds of CPU per request."""
    requests, pipeline_us = asyncio.run(_captured(generations))
    floor = measure_floor(generations, requests)
    return {"floor_us": floor["cpu_us"], "pipeline_us": round(pipeline_us, 1), **floor["parts_us"]}


async def _captured(generations: Path) -> tuple[list[Captured], float]:
    home = bench_folder() / "homes" / f"in-process-{current(generations).name}"
    pipeline = await open_pipeline(generations, home)
    viewers = list(range(REQUESTS))
    requests = await pipeline.capture(viewers)
    best_s = float("inf")
    for _ in range(ROUNDS):
        began_s = time.thread_time()
        for viewer in viewers:
            await pipeline.generate(viewer)
        best_s = min(best_s, time.thread_time() - began_s)
    await pipeline.close()
    return requests, best_s / REQUESTS * 1e6


def candidates_cost(generations: Path) -> dict[int, dict[str, float]]:
    """The ranker alone, by the number of candidates."""
    requests, _ = asyncio.run(_captured(generations))
    folder = current(generations)
    models = Models.open(folder, Manifest.read(folder))
    metrics = Metrics()
    uses = ModelUses(metrics, FallbackLog(metrics))

    def ranked(request: RankRequest) -> None:
        fresh = replace(request, receipt=Receipt("", 1))
        deadline = Deadline.after_ms(60_000)
        use = uses.of_request(fresh, EVERYTHING_ON.now, deadline)
        clock = StageClock(fresh.receipt, metrics, uses.costs)
        rank_candidates(fresh, models, DiversitySettings(), clock, use)

    found = {}
    for count in CANDIDATES:
        asked = [_resized(requests, at, count) for at in range(REQUESTS)]
        best_s = float("inf")
        for _ in range(ROUNDS):
            began_s = time.thread_time()
            for request in asked:
                ranked(request)
            best_s = min(best_s, time.thread_time() - began_s)
        found[count] = {"ranker_us": round(best_s / REQUESTS * 1e6, 1)}
    return found


def _resized(requests: list[Captured], at: int, count: int) -> RankRequest:
    """A request with so many distinct candidates: its own, then those of the next viewers."""
    columns = [requests[(at + step) % len(requests)].rank.candidates for step in range(5)]
    joined = {name: np.concatenate([each[name] for each in columns]) for name in columns[0]}
    _, first = np.unique(joined["item_id"], return_index=True)
    rows = np.sort(first)[:count]
    candidates = {name: np.ascontiguousarray(values[rows]) for name, values in joined.items()}
    return replace(requests[at].rank, candidates=candidates)

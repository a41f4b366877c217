"""The floor: what one cold request costs when nothing but its mathematics is done.

    python -m benchmarks.speed.floor [--generations FOLDER] [--requests N]

One process, one thread, straight-line calls of numpy, Faiss, ONNX Runtime and the product's own
compiled loops; no gRPC, store, bus, event loop or message. Requests are real ones, captured from
the pipeline; each result must be the very list that the pipeline made, so that nothing is left out.

Measured twice: alone on the machine, and while every other processor does the same. Processors that
share caches, memory and often a core are a good deal slower then, and that is how a server works
under load: servers under load are held against the second.
"""

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ann_shards.base_items import BaseItems
from ann_shards.best_hits import distinct_rows
from ann_shards.eligibility import EligibilityIndex
from ann_shards.facts import CandidateColumns
from ann_shards.item_arrays import BaseLists, LiveRows
from ann_shards.parts import find_parts
from ann_shards.question import Question
from ann_shards.shard_items import NO_ROWS, ShardItems
from benchmarks.speed.captured import Captured, open_pipeline
from benchmarks.speed.world.build import bench_folder, world
from benchmarks.speed.world.size import WorldSize
from features.inputs import CrossInputs, Inputs, ItemInputs
from features.matrix import feature_matrix
from generation import layout
from generation.faiss_index import FaissIndex
from generation.manifest import Manifest
from generation.publish import current
from generation.vocabulary import Vocabulary
from ranker.cut import PRE_RANKED, best_rows, members_kept
from ranker.diversity import SOCIAL_BITS, DiversitySettings, select_diverse
from ranker.models import Models
from serving.contracts.rank import LIST_SIZE, RESERVE_SIZE, RankRequest
from serving.contracts.rank_columns import CROSS_FIELDS, ITEM_FIELDS
from serving.native_threads import hold_native_threads

PARTS = ("eligible", "nearest", "lists", "gather", "features", "pre-rank", "rank", "diversity")
AT_WORK = "at work"
PASSES = 5
WARM_UP = 30

Times = dict[str, list[float]]


class FloorShard:
    """What of a shard the mathematics needs."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, data_time_ms: int) -> None:
        self._items = ShardItems(BaseItems(folder), vocabulary)
        self._index = FaissIndex.open(folder)
        self._eligibility = EligibilityIndex(self._items)
        self._lists = BaseLists.of(self._items.base, self._items.last_category)
        self._columns = CandidateColumns(self._items, data_time_ms)

    def answer(self, question: Question, clock: "PartClock") -> dict[str, Any]:
        """Columns of all items found."""
        eligible = self._eligibility.rows_for(question)
        clock.lap("eligible")
        nearest = self._index.search_all(question.asked, eligible.bits)
        clock.lap("nearest")
        live = LiveRows(NO_ROWS, 1.0, NO_ROWS)
        rows, _, _ = find_parts(
            self._items.arrays, eligible, self._lists, live, nearest, question.arrays
        )
        clock.lap("lists")
        distinct, _ = distinct_rows(np.sort(rows), rows)
        columns = self._columns.of(distinct, question.arrays.now_ms)
        clock.lap("gather")
        return columns


class PartClock:
    """Adds up nanoseconds by part of one request."""

    def __init__(self) -> None:
        self.ns = dict.fromkeys(PARTS, 0)
        self._last = time.perf_counter_ns()

    def lap(self, part: str) -> None:
        now = time.perf_counter_ns()
        self.ns[part] += now - self._last
        self._last = now


class Floor:
    """All shards and models of a generation."""

    def __init__(self, generations: Path) -> None:
        folder = current(generations)
        manifest = Manifest.read(folder)
        vocabulary = Vocabulary.read(folder / layout.VOCABULARY)
        self._shards = [
            FloorShard(folder / layout.SHARD.format(shard=shard), vocabulary, manifest.data_time_ms)
            for shard in range(manifest.shard_count)
        ]
        self._models = Models.open(folder, manifest)
        self._settings = DiversitySettings()

    def run(self, request: Captured, clock: PartClock) -> npt.NDArray[np.int64]:
        """The list of one request, item ids best first."""
        question = Question(request.search)
        for shard in self._shards:
            shard.answer(question, clock)
        return self._rank(request.rank, clock)

    def _rank(self, request: RankRequest, clock: PartClock) -> npt.NDArray[np.int64]:
        columns, settings, models = request.candidates, self._settings, self._models
        items = ItemInputs(*[columns[name] for name in ITEM_FIELDS])
        cross = CrossInputs(*[columns[name] for name in CROSS_FIELDS])
        matrix = feature_matrix(Inputs(request.viewer, request.context, items, cross))
        clock.lap("features")
        first = models.pre_ranker.predict(matrix)[:, 0]
        order = best_rows(first, columns["item_id"])
        wanted = (LIST_SIZE + RESERVE_SIZE) // settings.social_every
        order = members_kept(order, columns["source_bits"], SOCIAL_BITS, PRE_RANKED, wanted)
        kept = order[:PRE_RANKED]
        clock.lap("pre-rank")
        values = models.ranker.predict(matrix[kept]) @ models.worth
        clock.lap("rank")
        chosen = select_diverse(values, kept, columns, LIST_SIZE + RESERVE_SIZE, settings)
        clock.lap("diversity")
        ids: npt.NDArray[np.int64] = columns["item_id"][kept[chosen]]
        return ids


def measure_floor(generations: Path, requests: Sequence[Captured]) -> dict[str, Any]:
    """Microseconds per part: the median over requests of each request's best of several passes.

    Raises:
        AssertionError: a list differs from the one that the pipeline made.
    """
    floor = Floor(generations)
    for request in requests[:WARM_UP]:
        floor.run(request, PartClock())
    best: list[dict[str, int]] = [{} for _ in requests]
    cpu_s = []
    for _ in range(PASSES):
        began_s = time.thread_time()
        for at, request in enumerate(requests):
            clock = PartClock()
            ids = floor.run(request, clock)
            if not np.array_equal(ids, request.ranked_ids):
                raise AssertionError(
                    f"viewer {request.viewer_id}: another list than the pipeline's"
                )
            if not best[at] or sum(clock.ns.values()) < sum(best[at].values()):
                best[at] = clock.ns
        cpu_s.append(time.thread_time() - began_s)
    parts = {part: round(float(np.median([ns[part] for ns in best])) / 1e3, 1) for part in PARTS}
    queries = [
        sum(len(part.vectors) for part in request.search.parts if part.vectors is not None)
        for request in requests
    ]
    return {
        "parts_us": parts,
        "sum_us": round(float(np.median([sum(ns.values()) for ns in best])) / 1e3, 1),
        "cpu_us": round(min(cpu_s) / len(requests) * 1e6, 1),
        "requests": len(requests),
        "vector_queries": round(float(np.mean(queries)), 2),
        "candidates": float(np.mean([len(r.rank.candidates["item_id"]) for r in requests])),
    }


def cpu_s(floor: Floor, requests: Sequence[Captured]) -> float:
    """CPU seconds of one request, the mean of one pass."""
    began_s = time.thread_time()
    for request in requests:
        floor.run(request, PartClock())
    return (time.thread_time() - began_s) / len(requests)


def floor_of(generations: Path, count: int, viewers: int, seed: int = 1) -> dict[str, Any]:
    """Capture requests of `count` viewers and measure the floor of each.

    Returns:
        As `measure_floor`, alone on the machine, and as `busy` with all processors at work.
    """
    requests = captured_requests(generations, count, viewers, seed)
    alone = measure_floor(generations, requests)
    with others_busy(generations):
        return {**alone, "busy": measure_floor(generations, requests)}


def captured_requests(generations: Path, count: int, viewers: int, seed: int) -> list[Captured]:
    hold_native_threads()
    chosen = np.random.default_rng(seed).choice(viewers, count, replace=False).tolist()

    async def captured() -> list[Captured]:
        home = bench_folder() / "homes" / f"in-process-{current(generations).name}"
        pipeline = await open_pipeline(generations, home)
        found = await pipeline.capture(chosen)
        await pipeline.close()
        return found

    return asyncio.run(captured())


@contextmanager
def others_busy(generations: Path) -> Iterator[Sequence["subprocess.Popen[str]"]]:
    """Every processor but one runs the floor, too; by the processes it gives.

    Raises:
        RuntimeError: one of them does not.
    """
    command = [sys.executable, "-m", "benchmarks.speed.floor", "--endless", "--generations"]
    others: list[subprocess.Popen[str]] = []
    try:
        for _ in range((os.cpu_count() or 1) - 1):  # one by one: they share a home until they run
            other = subprocess.Popen([*command, generations], stdout=subprocess.PIPE, text=True)
            others.append(other)
            assert other.stdout is not None
            if AT_WORK not in (line.strip() for line in other.stdout):
                raise RuntimeError("a process that was to keep a processor busy has ended")
        yield others
        if any(other.poll() is not None for other in others):
            raise RuntimeError("a process that kept a processor busy has ended before")
    finally:
        for other in others:
            other.kill()
            other.wait()


def _run_endlessly(generations: Path, requests: Sequence[Captured]) -> None:
    floor = Floor(generations)
    print(AT_WORK, flush=True)
    for request in itertools.cycle(requests):
        floor.run(request, PartClock())


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the floor of one cold request")
    parser.add_argument("--generations", type=Path, help="made by the bench's own world")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--endless", action="store_true", help="keep a processor busy with it")
    args = parser.parse_args()
    size = WorldSize()
    generations = args.generations or world(size)
    if args.endless:
        _run_endlessly(generations, captured_requests(generations, 100, size.viewers, seed=2))
    print(json.dumps(floor_of(generations, args.requests, size.viewers), indent=1))


if __name__ == "__main__":
    main()

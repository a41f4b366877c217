"""Fails when feedrank has become slower: two minutes, against figures that were accepted before.

    python -m benchmarks.speed.quick [--accept]

Figures are CPU time over that of a yardstick, a fixed piece of numpy and Python work measured in
the same rounds: a slower or busier machine slows both. Of several interleaved rounds the best
counts, as other work only ever adds. `--accept` writes the figures that later runs are held to.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.speed.captured import PipelineInProcess, open_pipeline
from benchmarks.speed.deployments import WIDE_GATE
from benchmarks.speed.floor import Floor, cpu_s
from benchmarks.speed.ghz import closed_loop
from benchmarks.speed.process_costs import cpu_seconds
from benchmarks.speed.questions import Questions
from benchmarks.speed.servers import Servers, embedded
from benchmarks.speed.world.build import bench_folder, world
from benchmarks.speed.world.size import WorldSize
from generation.publish import current
from serving.native_threads import hold_native_threads

ACCEPTED = Path(__file__).parents[1] / "results" / "quick.json"
SIZE = WorldSize(items=200_000, viewers=20_000, shards=1)
"""Large enough for inverted files, as in worlds of real size."""
TOLERANCE = 1.15
ROUNDS = 5
REQUESTS = 60
SECONDS = 2.0
CONCURRENCY = 8
PAGES = 200

Costs = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description="Has feedrank become slower?")
    parser.add_argument("--accept", action="store_true", help="hold later runs to these figures")
    args = parser.parse_args()
    hold_native_threads()
    found = asyncio.run(_best_of_rounds(world(SIZE)))
    if args.accept:
        ACCEPTED.parent.mkdir(parents=True, exist_ok=True)
        ACCEPTED.write_text(json.dumps(found, indent=1) + "\n")
        return
    accepted: Costs = json.loads(ACCEPTED.read_text())
    worse = 0
    for name, cost in found.items():
        change = cost / accepted[name]
        is_worse = change > TOLERANCE
        worse += is_worse
        print(f"{name:22} {cost:8.3f}  accepted {accepted[name]:8.3f}  {change:6.1%}", end="")
        print("  SLOWER" if is_worse else "")
    sys.exit(1 if worse else 0)


async def _best_of_rounds(generations: Path) -> Costs:
    """CPU of each, over that of the yardstick."""
    home = bench_folder() / "homes" / f"in-process-{current(generations).name}"
    pipeline = await open_pipeline(generations, home)
    requests = await pipeline.capture(range(REQUESTS))
    floor, questions = Floor(generations), Questions(SIZE.viewers, seed=5)
    best: Costs = {}
    with embedded(generations, **WIDE_GATE) as servers:
        closed_loop(servers.port, questions.cold(500), CONCURRENCY, SECONDS)
        for _ in range(ROUNDS):
            pages = await asyncio.to_thread(_second_pages, questions, servers)
            first, returning = questions.returning(8_000, CONCURRENCY)
            closed_loop(servers.port, first, CONCURRENCY, None)
            one = {
                "yardstick": _yardstick_s(),
                "floor": cpu_s(floor, requests),
                "pipeline": await _pipeline_s(pipeline),
                "embedded, cold": _served_s(servers, questions.cold(4_000)),
                "embedded, 75 % stored": _served_s(servers, returning),
                "embedded, second page": _served_s(servers, pages),
            }
            best = {name: min(best.get(name, cost), cost) for name, cost in one.items()}
    await pipeline.close()
    yardstick_s = best.pop("yardstick")
    return {name: round(cost / yardstick_s, 4) for name, cost in best.items()}


def _second_pages(questions: Questions, servers: Servers) -> list[bytes]:
    return questions.second_pages(servers.port, PAGES)


def _yardstick_s() -> float:
    """CPU seconds of work that no change of ours can touch: sorting, products, plain Python."""
    random = np.random.default_rng(1)
    keys, left = random.random(20_000), random.random((200, 64), np.float32)
    times = []
    for _ in range(60):
        began_s = time.thread_time()
        np.sort(keys)
        for _ in range(10):
            left @ left.T
        sum({number: str(number) for number in range(2_000)})
        times.append(time.thread_time() - began_s)
    return float(np.min(times))


async def _pipeline_s(pipeline: PipelineInProcess) -> float:
    began_s = time.thread_time()
    for viewer in range(REQUESTS):
        await pipeline.generate(viewer)
    return (time.thread_time() - began_s) / REQUESTS


def _served_s(servers: Servers, messages: list[bytes]) -> float:
    """CPU seconds of the server per call."""
    before_s = sum(cpu_seconds(servers.processes).values())
    load = closed_loop(servers.port, messages, CONCURRENCY, SECONDS)
    spent_s = sum(cpu_seconds(servers.processes).values()) - before_s
    return spent_s / max(1, len(load.ms))


if __name__ == "__main__":
    main()

"""Measures everything that docs/speed.md claims, on a quiet machine in at most 15 minutes.

    python -m benchmarks.speed [--parts floor embedded …] [--seconds S] [--peers FOLDER]

The worlds are built before, at first use, and kept in BENCH_DIR. Results go to
benchmarks/results/speed.json; parts that are not measured keep what the file says of them. With
`--peers` (or PEERS) naming a folder with the harness of the peers, they are measured in rounds with
feedrank.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.speed.deployments import DEPLOYMENTS, SHARDS, measure_deployment
from benchmarks.speed.floor import floor_of
from benchmarks.speed.growth import growth_sizes, measure_growth
from benchmarks.speed.machine import machine
from benchmarks.speed.micro import measure_micro
from benchmarks.speed.peers import measure_peers
from benchmarks.speed.plots import draw
from benchmarks.speed.report import PAGE, write_report
from benchmarks.speed.shard_queries import measure_shard
from benchmarks.speed.world.build import world
from benchmarks.speed.world.size import WorldSize

RESULTS = Path(__file__).parents[1] / "results" / "speed.json"
FLOOR_REQUESTS = 300


def main() -> None:
    size = WorldSize()
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--parts", nargs="+", help="of those it prints; all by default")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a cell")
    parser.add_argument("--peers", type=Path, default=os.environ.get("PEERS") or None)
    parser.add_argument("--items", type=int, default=size.items)
    parser.add_argument("--viewers", type=int, default=size.viewers)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE, help="where the tables go")
    args = parser.parse_args()
    size = WorldSize(items=args.items, viewers=args.viewers)
    sizes = {name: replace(size, shards=SHARDS[name]) for name in DEPLOYMENTS}
    parts = _parts(sizes, args)
    unknown = set(args.parts or ()) - set(parts)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    needed = growth_sizes() if "growth" in (args.parts or parts) else []
    for each in (*sizes.values(), *needed):
        world(each)
    results = json.loads(args.results.read_text()) if args.results.exists() else {}
    for name in args.parts or parts:
        began_s = time.perf_counter()
        print(f"== {name}", flush=True)
        results[name] = {"on": machine(), **parts[name]()}
        args.results.parent.mkdir(parents=True, exist_ok=True)
        args.results.write_text(json.dumps(results, indent=1) + "\n")
        print(f"   {time.perf_counter() - began_s:.0f} s", flush=True)
    # As it will be read again: keys are words.
    results = json.loads(args.results.read_text())
    write_report(results, args.page)
    draw(results, args.page.with_suffix(".png"))


def _parts(
    sizes: dict[str, WorldSize], args: argparse.Namespace
) -> dict[str, Callable[[], dict[str, Any]]]:
    """`sizes`: of the world that each deployment serves."""
    worlds = {name: lambda size=size: world(size) for name, size in sizes.items()}

    def deployment(name: str) -> Callable[[], dict[str, Any]]:
        return lambda: measure_deployment(name, worlds[name](), args.viewers, args.seconds)

    parts = {
        "floor": lambda: {
            name: floor_of(folder(), FLOOR_REQUESTS, args.viewers)
            for name, folder in worlds.items()
        },
        "embedded": deployment("embedded"),
        "distributed": deployment("distributed"),
        "shard": lambda: measure_shard(worlds["distributed"](), args.seconds),
        "micro": lambda: measure_micro(worlds["embedded"]()),
        "growth": measure_growth,
    }
    if args.peers is not None:
        harness = Path(args.peers)
        parts["peers"] = lambda: measure_peers(
            harness, {name: folder() for name, folder in worlds.items()}, args.viewers
        )
    return parts


if __name__ == "__main__":
    main()

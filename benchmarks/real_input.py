"""Imports and builds a data folder, serves it both ways, and measures what viewers get.

    python -m benchmarks.real_input [kuairand|ciao|canonical SRC] [--work FOLDER] [--engine local]

Without a source it simulates the default world. Prints and writes `FOLDER/report.md`: build time
and size, candidates and served items by source, full first pages, latency of undegraded answers at
concurrency 8, CPU per request and memory.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.measuring.feed_load import LoadResult, ask_for_feeds
from benchmarks.measuring.process_cost import ProcessCost, costs, cpu_ms_per_request
from feedrank.real.ports import free_ports
from generation import layout
from generation.arrow_file import MappedTable
from generation.manifest import Manifest
from generation.publish import current
from simulator import WorldSettings, simulate, write_world

PAGE_SIZE = 20
CONCURRENCY = 8
START_S = 180.0
WARM_UP = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "layout", nargs="?", default="canonical", choices=("kuairand", "ciao", "canonical")
    )
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("--work", type=Path, default=Path("var/real_input"))
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--engine", choices=("spark", "local"), default="spark")
    args = parser.parse_args()

    work = args.work / args.layout
    work.mkdir(parents=True, exist_ok=True)
    source = args.source or simulated(work / "raw")
    lines = [f"# {args.layout}", ""]
    data, generations = work / "data", work / "generations"
    seconds = timed(["import", args.layout, str(source), "--out", str(data), "--replace"])
    lines.append(f"- import: {seconds:.1f} s")
    build = ["build", "--data", str(data), "--out", str(generations), "--engine", args.engine]
    seconds = timed(build)
    folder = current(generations)
    size = sum(entry.bytes for entry in Manifest.read(folder).files.values())
    lines.append(f"- build with {args.engine}: {seconds:.1f} s, {size / 2**20:.1f} MiB")
    lines += index_lines(folder)
    viewers, following = sample(folder, args.viewers)
    for mode in ("serve", "up"):
        lines += ["", f"## {'embedded' if mode == 'serve' else 'distributed'}", ""]
        lines += measured(mode, generations, work / f"home-{mode}", viewers, following)
    report = "\n".join(lines)
    (work / "report.md").write_text(report + "\n")
    print(report)
    print(json.dumps(json.loads((folder / layout.REPORT).read_text()), indent=1))


def simulated(folder: Path) -> Path:
    """The default world as canonical tables."""
    write_world(simulate(WorldSettings()), folder)
    return folder


def timed(arguments: list[str]) -> float:
    """Run a feedrank command to its end; seconds it took."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "feedrank.main", *arguments], check=True)
    return time.perf_counter() - started


def index_lines(folder: Path) -> list[str]:
    lines = []
    for path in sorted(folder.glob("shards/*/index.json")):
        said = json.loads(path.read_text())
        lines.append(
            f"- index of shard {path.parent.name}: {said['kind']}, "
            f"recall@100 {said['recall_at_100']:.4f}"
        )
    return lines


def sample(folder: Path, count: int) -> tuple[list[int], set[int]]:
    """Viewers drawn evenly from all known ones, and those of them who follow somebody."""
    table = MappedTable(folder / layout.VIEWERS)
    ids, follows = table.array("viewer_id"), table.array("follow_count")
    chosen = np.random.default_rng(7).choice(len(ids), min(count, len(ids)), replace=False)
    return ids[chosen].tolist(), set(ids[chosen][follows[chosen] > 0].tolist())


def measured(
    mode: str, generations: Path, home: Path, viewers: list[int], following: set[int]
) -> list[str]:
    with server(mode, generations, home) as (pid, address):
        asyncio.run(ask_for_feeds(address, viewers[:WARM_UP], concurrency=4, page_size=1))
        before = costs(pid)
        asked = viewers[WARM_UP:]
        load = ask_for_feeds(address, asked, concurrency=CONCURRENCY, page_size=PAGE_SIZE)
        result = asyncio.run(load)
        after = costs(pid)
    return result_lines(result, len(asked), following & set(asked), before, after)


def result_lines(
    result: LoadResult,
    asked: int,
    following: set[int],
    before: dict[int, ProcessCost],
    after: dict[int, ProcessCost],
) -> list[str]:
    lines = [
        f"- {result.answers} answers of {asked}, errors {dict(result.errors)}, "
        f"origins {dict(result.origins)}",
        f"- full first pages of {PAGE_SIZE}: {result.full_pages / max(result.answers, 1):.1%}",
        f"- degraded: {result.degraded_answers / max(result.answers, 1):.1%} "
        f"{dict(result.degraded)}",
        f"- latency of complete answers at concurrency {CONCURRENCY}: "
        f"p50 {result.percentile_ms(50):.1f} ms, p99 {result.percentile_ms(99):.1f} ms; "
        f"{result.answers / result.wall_s:.0f} feeds/s",
        "",
        "| source | found | kept | served | viewers served | of those who follow |",
        "|---|---|---|---|---|---|",
    ]
    for name in (*result.found, *(set(result.served) - set(result.found))):
        served_to = result.viewers_served.get(name, set())
        share = len(served_to & following) / max(len(following), 1)
        lines.append(
            f"| {name} | {result.found[name]} | {result.kept[name]} | {result.served[name]} "
            f"| {len(served_to)} | {share:.1%} |"
        )
    lines += ["", "| process | CPU ms per request | resident MiB |", "|---|---|---|"]
    cpu = cpu_ms_per_request(before, after, result.answers)
    for name, spent in sorted(cpu.items()):
        memory = [cost.rss_mib for cost in after.values() if cost.name == name]
        lines.append(f"| {name} | {spent:.2f} | {', '.join(f'{m:.0f}' for m in memory)} |")
    lines += ["", "| stage | mean ms |", "|---|---|"]
    lines += [f"| {s} | {ms / result.answers:.2f} |" for s, ms in result.stage_ms.items()]
    return lines


@contextlib.contextmanager
def server(mode: str, generations: Path, home: Path) -> Iterator[tuple[int, str]]:
    """A running server, embedded (`serve`) or distributed (`up`); its process id and address."""
    (port,) = free_ports(1)
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "feedrank.main", mode, "--generations", str(generations)]
    command += ["--home", str(home), "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    address = f"127.0.0.1:{port}"
    try:
        wait_until_serving(process, address)
        yield process.pid, address
    finally:
        process.terminate()
        process.wait(60)


def wait_until_serving(process: "subprocess.Popen[bytes]", address: str) -> None:
    give_up = time.monotonic() + START_S
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while time.monotonic() < give_up and process.poll() is None:
            with contextlib.suppress(grpc.RpcError):
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            time.sleep(0.1)
    raise RuntimeError(f"the server at {address} does not serve; see its server.log")


if __name__ == "__main__":
    main()

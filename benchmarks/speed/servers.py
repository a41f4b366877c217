"""The servers under measurement: embedded or distributed, on a world of the bench."""

import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring.embedded_process import EmbeddedProcess
from benchmarks.speed.world.build import bench_folder
from feedrank.real.ports import free_ports
from feedrank.real.server_process import ServerProcess
from feedrank.stack import StackSettings, stack
from generation.manifest import Manifest
from generation.publish import current

LOGGING = {"FEEDRANK_LOG_LEVEL": "warning"}


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs.

    Attributes:
        port: Of `GetFeed` on loopback.
        metrics_port: Of the process that answers it.
        processes: Process id by name.
        start_s: From the start of each process to SERVING.
    """

    port: int
    metrics_port: int
    processes: Mapping[str, int]
    start_s: Mapping[str, float]


@contextmanager
def embedded(generations: Path, **variables: str) -> Iterator[Servers]:
    """One process with everything."""
    home = home_of(f"embedded-{current(generations).name}")
    port, metrics_port = free_ports(2)
    given = {"FEEDRANK_METRICS_PORT": str(metrics_port)} | LOGGING | variables
    server = EmbeddedProcess(generations.absolute(), home, port, **given)
    start_s = _started(server)
    try:
        yield Servers(port, metrics_port, {server.name: server.process_id}, start_s)
    finally:
        server.stop()


@contextmanager
def distributed(generations: Path, **variables: str) -> Iterator[Servers]:
    """One process per service and shard, with a Kafka and a Redis of its own."""
    home = home_of(f"distributed-{current(generations).name}")
    [port] = free_ports(1)
    shards = Manifest.read(current(generations)).shard_count
    settings = StackSettings(
        generations, home, port, shards, metrics=True, variables=LOGGING | variables
    )
    made = stack(settings)
    everything = [*made.stores, *made.services]
    try:
        for store in made.stores:
            store.start()
        with ThreadPoolExecutor() as pool:
            start_s = dict(
                one for each in pool.map(_started, made.services) for one in each.items()
            )
        edge = next(p for p in made.running.processes if p.name == made.edges[0].name)
        metrics_port = int(edge.metrics.rpartition(":")[2])
        processes = {process.name: process.process_id for process in everything}
        yield Servers(port, metrics_port, processes, start_s)
    finally:
        for process in reversed(everything):
            process.stop()


def _started(process: ServerProcess) -> dict[str, float]:
    began_s = time.perf_counter()
    process.start()
    return {process.name: time.perf_counter() - began_s}


def home_of(name: str) -> Path:
    """A home without sessions, log or clock of earlier runs; the graph's base is kept, as making
    it takes a minute and no request pays for it."""
    home = bench_folder() / "homes" / name
    home.mkdir(parents=True, exist_ok=True)
    for path in home.iterdir():
        if path.name == "graph":
            for overlay in path.glob("*/overlay*"):
                shutil.rmtree(overlay)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return home

"""Time of the graph's two questions for a busy viewer: `python -m benchmarks.social_graph_reads`.

The viewer follows 300 people, 100 of them friends with 50 positives each; everybody followed
follows 200 others. Half of the friends have acted since the generation was built.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation import layout
from generation.arrow_file import write_table
from generation.graph_records import Kind, key, pack
from generation.manifest import Manifest, entries_of
from serving.contracts.graph import MAX_RELATIONS, NeighbourhoodLimits
from serving.state.rocksdb_state_store import RocksDbStateStore
from serving.state.state_store import Update
from social_graph.graph_records import GraphRecords
from social_graph.load import load_base
from social_graph.neighbourhood import read_neighbourhood
from social_graph.relations import read_relations

VIEWER = 0
FOLLOWED, FRIENDS, POSITIVES, FOLLOWS_EACH = 300, 100, 50, 200
PEOPLE, ITEMS = 20_000, 5_000
ROUNDS, WARM_UP = 1_000, 100


def busy_graph(generator: np.random.Generator) -> dict[bytes, bytes]:
    """Records by key."""

    def follows(count: int) -> bytes:
        authors = generator.choice(np.arange(1, PEOPLE), count, replace=False)
        return pack(Kind.FOLLOWS, authors, -np.sort(-generator.random(count)))

    followed = np.arange(1, FOLLOWED + 1)
    records = {key(Kind.FOLLOWS, person): follows(FOLLOWS_EACH) for person in followed.tolist()}
    records[key(Kind.FOLLOWS, VIEWER)] = pack(Kind.FOLLOWS, followed, np.ones(FOLLOWED))
    records[key(Kind.FRIENDS, VIEWER)] = pack(Kind.FRIENDS, followed[:FRIENDS])
    records[key(Kind.BLOCKS, VIEWER)] = pack(Kind.BLOCKS, np.arange(10_000, 10_020))
    for person in range(1, PEOPLE):
        items = generator.choice(ITEMS, POSITIVES, replace=False)
        records[key(Kind.POSITIVES, person)] = pack(Kind.POSITIVES, items, np.arange(POSITIVES))
    return records


def write_generation(folder: Path, records: dict[bytes, bytes]) -> Manifest:
    ordered = sorted(records.items())
    name = layout.GRAPH_PART.format(part=0)
    columns = {
        "key": pa.array([each for each, _ in ordered], pa.binary()),
        "value": pa.array([value for _, value in ordered], pa.binary()),
    }
    rows = {name: write_table(folder / name, columns)}
    empty = Manifest(0, "data", True, True, 1, 1, "", 1.0, 1.0, "", "", 1.0, {}, {}, "", 0)
    return replace(empty, files=entries_of(folder, rows))


async def measure(name: str, ask: Callable[[], Awaitable[object]]) -> None:
    times_us = []
    for _ in range(WARM_UP + ROUNDS):
        started_s = time.perf_counter()
        await ask()
        times_us.append((time.perf_counter() - started_s) * 1e6)
    quantiles = statistics.quantiles(times_us[WARM_UP:], n=100)
    print(f"{name}: p50 {quantiles[49]:.0f} µs, p99 {quantiles[98]:.0f} µs")


async def main(folder: Path) -> None:
    generator = np.random.default_rng(7)
    records = busy_graph(generator)
    manifest = write_generation(folder / "generation", records)
    started_s = time.perf_counter()
    base = load_base(folder / "generation", manifest, folder / "graph")
    print(f"loaded {len(records)} records in {time.perf_counter() - started_s:.1f} s")
    overlay = RocksDbStateStore(folder / "overlay")
    changed = [key(Kind.POSITIVES, person) for person in range(1, FRIENDS + 1, 2)]
    await overlay.write([Update(name, records[name], 0, 1) for name in changed])
    graph = GraphRecords(base, overlay)
    authors: npt.NDArray[np.int64] = generator.choice(PEOPLE, MAX_RELATIONS, replace=False)
    limits = NeighbourhoodLimits()
    await measure(
        "neighbourhood",
        lambda: read_neighbourhood(
            graph, VIEWER, limits, authors_are_viewers=True, bus_lag_messages=0
        ),
    )
    await measure(
        f"relations to {MAX_RELATIONS} authors",
        lambda: read_relations(graph, VIEWER, authors, authors_are_viewers=True),
    )
    await overlay.close()
    base.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(main(Path(scratch)))

"""One shard over gRPC against raw Faiss in this process: same index, same queries, top 500.

The shard answers more than Faiss: for every item found its columns and its vector, 128 kB in all.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speed.ghz import SEARCH, closed_loop
from benchmarks.speed.line_load import closed_loop_of_neighbour
from benchmarks.speed.process_costs import cpu_seconds, memory_mib
from benchmarks.speed.servers import home_of
from feedrank.real.ports import free_ports
from feedrank.service_process import ServiceProcess
from generation import layout
from generation.arrow_file import MappedTable
from generation.faiss_index import FaissIndex
from generation.manifest import Manifest
from generation.publish import current
from protos import ann_shard_pb2
from serving.contracts import shard_codec
from serving.contracts.shard import Eligibility, PartKind, SearchPart, SearchRequest

TOP = 500
CONCURRENCY = (1, 32)
ROUNDS = 2
SERVICE = ann_shard_pb2.DESCRIPTOR.services_by_name["AnnShardService"]
_ours = partial(closed_loop_of_neighbour, service=SERVICE, method="Search")
METHODS = {
    "unary": partial(closed_loop, method=SEARCH),
    "unary, our client": partial(_ours, on_a_line=False),
    "on a line": partial(_ours, on_a_line=True),
}
"""Ways to ask a shard over gRPC. On a line, what several callers ask at once is one message."""

Floats = npt.NDArray[np.float32]


def measure_shard(generations: Path, seconds: float) -> dict[str, Any]:
    """Queries per second of both, best of two interleaved rounds."""
    folder = current(generations)
    manifest = Manifest.read(folder)
    shard = folder / layout.SHARD.format(shard=0)
    queries = np.array(MappedTable(shard / layout.SHARD_TRUTH).array("query"), np.float32)
    index = FaissIndex.open(shard)
    messages = [_message(manifest, query) for query in queries] * 50
    [port] = free_ports(1)
    home = home_of(f"shard-{manifest.name}")
    variables = {
        "FEEDRANK_GENERATIONS": str(generations.absolute()),
        "FEEDRANK_HOME": str(home),
        "FEEDRANK_SHARDS": "[0]",
        "FEEDRANK_LOG_LEVEL": "warning",
        "FEEDRANK_ADMISSION_MIN_RUNNING": "64",
    }
    process = ServiceProcess("ann_shards-0", "ann_shards.main", home, port, variables)
    began_s = time.perf_counter()
    process.start()
    found: dict[str, Any] = {"start_s": round(time.perf_counter() - began_s, 2), "top": TOP}
    pids = {"shard": process.process_id}
    try:
        for _ in range(ROUNDS):
            for concurrency in CONCURRENCY:
                raw = _raw(partial(_search, index, queries), concurrency, seconds)
                _keep_best(found, f"raw c={concurrency}", raw)
                for name, method in METHODS.items():
                    spent_s = cpu_seconds(pids)["shard"]
                    load = method(port, messages, concurrency, seconds)
                    spent_s = cpu_seconds(pids)["shard"] - spent_s
                    rate = {
                        "rate": load.rate,
                        "cpu_ms": 1e3 * spent_s / max(1, len(load.ms)),
                        "client_cpu_ms": load.client_cpu_ms,
                    }
                    _keep_best(found, f"{name} c={concurrency}", rate)
        found["memory_mib"] = memory_mib(pids)["shard"]
    finally:
        process.stop()
    return found


def _keep_best(found: dict[str, Any], name: str, cell: dict[str, float]) -> None:
    if name not in found or found[name]["rate"] < cell["rate"]:
        found[name] = {key: round(value, 3) for key, value in cell.items()}


def _search(index: FaissIndex, queries: Floats, number: int) -> None:
    index.search(queries[number % len(queries)][None, :], TOP)


def _raw(search: Callable[[int], None], threads: int, seconds: float) -> dict[str, float]:
    counts = [0] * threads
    end_s = time.perf_counter() + seconds
    began_cpu_s = time.process_time()

    def loop(thread: int) -> None:
        number = thread * 7
        while time.perf_counter() < end_s:
            search(number)
            number += 1
            counts[thread] += 1

    running = [threading.Thread(target=loop, args=(thread,)) for thread in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    cpu_ms = 1e3 * (time.process_time() - began_cpu_s) / max(1, sum(counts))
    return {"rate": sum(counts) / seconds, "cpu_ms": cpu_ms}


def _message(manifest: Manifest, query: Floats) -> bytes:
    nobody = np.empty(0, np.int64)
    eligibility = Eligibility(
        viewer_id=0,
        now_ms=manifest.data_time_ms,
        oldest_ms=0,
        region=0,
        language=0,
        allow_sensitive=False,
        followed_ids=nobody,
        friend_ids=nobody,
        group_ids=nobody,
        excluded_item_ids=nobody,
        excluded_author_ids=nobody,
    )
    part = SearchPart(PartKind.VECTORS, TOP, query[None, :], None, None)
    request = SearchRequest(manifest.name, eligibility, [part])
    return shard_codec.request_to_proto(request).SerializeToString()

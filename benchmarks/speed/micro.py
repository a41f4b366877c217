"""Small things apart: a hop, a bus round trip, a state read, each stage of the pipeline."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.captured import open_pipeline
from benchmarks.speed.echo import measure_hop
from benchmarks.speed.world.build import bench_folder
from feedrank.real.kafka_process import KafkaProcess, missing_for_kafka
from feedrank.real.ports import free_ports
from feedrank.real.redis_process import RedisProcess, missing_for_redis
from generation.publish import current
from serving.bus.open_bus import open_bus
from serving.bus.topics import RANKED_LISTS
from serving.native_threads import hold_native_threads
from serving.serving_loop import ServingLoop
from serving.state.open_state_store import open_state_store
from serving.state.state_store import Update

CALLS = 500
WARM_UP = 50
LIST_BYTES = b"x" * 2_500
"""As a ranked list has."""

RECORD_BYTES = b"x" * 4_000
"""As a viewer's session has."""

STAGE_REQUESTS = 300


def measure_micro(generations: Path) -> dict[str, Any]:
    """Median microseconds of each, one call after another."""
    hold_native_threads()
    found: dict[str, Any] = {"a hop (unary gRPC, 1 kB)": measure_hop(1_000)["p50_us"]}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        home = Path(folder)
        buses = {"embedded log": f"log://{home / 'bus'}"}
        states = {"embedded RocksDB": f"rocksdb://{home / 'state'}"}
        if missing_for_kafka() is None:
            ports = free_ports(2)
            buses["Kafka"] = running.enter_context(KafkaProcess(home / "kafka", *ports)).address
        if missing_for_redis() is None:
            [port] = free_ports(1)
            states["Redis"] = running.enter_context(RedisProcess(home / "redis", port)).address
        with asyncio.Runner(loop_factory=ServingLoop) as runner:
            for name, address in buses.items():
                found[f"bus round trip, {name}"] = runner.run(_round_trip_us(address))
            for name, address in states.items():
                found[f"state read, {name}"] = runner.run(_state_read_us(address))
    stages = asyncio.run(_stages(generations))
    return {"micro_us": found, "stages_us": stages}


async def _median_us(call: Callable[[], Awaitable[object]]) -> float:
    took = []
    for number in range(WARM_UP + CALLS):
        began_ns = time.perf_counter_ns()
        await call()
        if number >= WARM_UP:
            took.append(time.perf_counter_ns() - began_ns)
    return round(float(np.median(took)) / 1e3, 1)


async def _round_trip_us(address: str) -> float:
    """From publishing a list to holding it."""
    bus = open_bus(address)
    await bus.start()
    await bus.prepare([RANKED_LISTS], 60.0)
    reader = await bus.subscribe(RANKED_LISTS, {0: None}, reader="bench")

    async def there_and_back() -> None:
        publishing = asyncio.ensure_future(
            bus.publish(RANKED_LISTS, LIST_BYTES, partition=0, timeout_s=5.0)
        )
        while not await reader.poll(1, 5.0):
            pass
        await publishing

    try:
        return await _median_us(there_and_back)
    finally:
        await reader.close()
        await bus.close()


async def _state_read_us(address: str) -> float:
    """Two records in one round trip, as the edge reads them."""
    store = open_state_store(address, timeout_ms=5_000)
    keys = [b"bench-session", b"bench-viewer"]
    for key in keys:
        await store.write([Update(key, RECORD_BYTES, 0, 1)])
    try:
        return await _median_us(lambda: store.read(keys))
    finally:
        await store.close()


async def _stages(generations: Path) -> dict[str, float]:
    """Median of each stage of the pipeline, as receipts have it."""
    home = bench_folder() / "homes" / f"in-process-{current(generations).name}"
    pipeline = await open_pipeline(generations, home)
    for viewer in range(WARM_UP):
        await pipeline.generate(viewer)
    by_stage: dict[str, list[float]] = {}
    for viewer in range(WARM_UP, WARM_UP + STAGE_REQUESTS):
        reply = await pipeline.generate(viewer)
        for stage in reply.receipt.stages:
            by_stage.setdefault(stage.name, []).append(stage.ms)
    await pipeline.close()
    return {name: round(1e3 * float(np.median(ms)), 1) for name, ms in by_stage.items()}

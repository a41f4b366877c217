"""Load on a line, as services of the ring make it: one caller's process, our own client.

No load generator speaks lines; so unary calls by the same client stand beside them, as well as
those by ghz, which is quicker than any client in Python.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from google.protobuf.descriptor import ServiceDescriptor

from benchmarks.speed.ghz import Load
from serving.metrics_recorder import Metrics
from serving.outgoing import Outgoing
from serving.replicas.open_neighbour import open_neighbour
from serving.replicas.replicated_method import ReplicatedMethod
from serving.replicas.switching import LINES
from serving.serving_loop import ServingLoop
from serving.settings import CommonSettings
from serving.switches.switches import EVERYTHING_ON, SwitchBoard, Switched

TIMEOUT_S = 3.5
"""Lines carry no call that may take longer than 4 s."""

WARM_UP_S = 0.2
CONNECT_S = 30.0
LARGEST_BYTES = 4 << 20


class _WithoutLines:
    """Implements `SwitchBoard`."""

    now = Switched(frozenset({LINES.key}))


def closed_loop_of_neighbour(
    port: int,
    messages: Sequence[bytes],
    concurrency: int,
    seconds: float,
    service: ServiceDescriptor,
    method: str,
    *,
    on_a_line: bool,
) -> Load:
    """Each of so many tasks asks again as soon as it is answered; answers are not looked into."""
    switches: SwitchBoard = EVERYTHING_ON if on_a_line else _WithoutLines()
    path = f"/{service.full_name}/{method}"

    async def run(home: Path) -> Load:
        settings, metrics = CommonSettings(generations=home, home=home), Metrics()
        neighbour = open_neighbour(
            "bench",
            f"127.0.0.1:{port}",
            service,
            metrics,
            extra_call_share=0.0,
            max_message_bytes=LARGEST_BYTES,
            outgoing=Outgoing(settings, metrics),
            switches=switches,
        )
        try:
            assert await neighbour.reached(CONNECT_S)
            ask = neighbour.unary_unary(path, bytes, bytes)
            await _load(ask, messages, concurrency, WARM_UP_S)
            return await _load(ask, messages, concurrency, seconds)
        finally:
            await neighbour.close()

    with tempfile.TemporaryDirectory() as home, asyncio.Runner(loop_factory=ServingLoop) as runner:
        return runner.run(run(Path(home)))


async def _load(
    ask: ReplicatedMethod, messages: Sequence[bytes], concurrency: int, seconds: float
) -> Load:
    ms: list[float] = []
    numbers = count()
    began_s, began_cpu_s = time.perf_counter(), time.process_time()

    async def caller() -> None:
        while (started_s := time.perf_counter()) < began_s + seconds:
            await ask(messages[next(numbers) % len(messages)], timeout=TIMEOUT_S)
            ms.append(1e3 * (time.perf_counter() - started_s))

    await asyncio.gather(*(caller() for _ in range(concurrency)))
    wall_s = time.perf_counter() - began_s
    cpu_ms = 1e3 * (time.process_time() - began_cpu_s) / max(1, len(ms))
    return Load(ms, 0, 0, wall_s, cpu_ms)

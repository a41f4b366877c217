"""Three times as many calls as a real server can answer, each of them work for the processor."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest

from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.serving_loop import ServingLoop
from tests.serving.echo_service import METHOD, SERVICE, add_echo, local_settings

PIECES = 10
PIECE_S = 0.001
"""A call takes ten pieces of work, and the loop goes round after each."""

CLIENT = "tests.serving.admission.overload_client"
SECONDS = 4.0


async def work(request: bytes, _context: grpc.aio.ServicerContext) -> bytes:
    for _ in range(PIECES):
        # Time of this thread: a busy machine makes calls longer, and not cheaper.
        end = time.thread_time() + PIECE_S
        while time.thread_time() < end:
            pass
        await asyncio.sleep(0)
    return request


@contextmanager
def serving(tmp_path) -> Iterator[str]:
    """A server on a loop and in a thread of its own."""
    ready: list[str] = []
    opened, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        server = GrpcServer(local_settings(tmp_path), Metrics())
        add_echo(server, work)
        await server.start([SERVICE])
        await server.mark_serving(SERVICE)
        ready.append(f"127.0.0.1:{server.port}")
        opened.set()
        await asyncio.to_thread(stop.wait)
        await server.drain()

    def run() -> None:
        with asyncio.Runner(loop_factory=ServingLoop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    opened.wait(30)
    try:
        yield ready[0]
    finally:
        stop.set()
        thread.join(30)


def outcomes(address: str, **plan: float) -> Counter[str]:
    given = json.dumps({"address": address, "method": METHOD, **plan})
    client = [sys.executable, "-m", CLIENT, given]
    done = subprocess.run(client, check=True, capture_output=True, timeout=60)
    return Counter(json.loads(done.stdout))


@pytest.mark.slow
def test_three_times_the_load_leaves_half_of_what_can_be_answered(tmp_path):
    with serving(tmp_path) as address:
        capacity = outcomes(address, callers=4, seconds=SECONDS)["OK"]
        crowd = outcomes(address, rate=3 * capacity / SECONDS, seconds=SECONDS)
        after = outcomes(address, callers=4, seconds=SECONDS / 2)
    assert crowd["OK"] >= 0.5 * capacity, (capacity, crowd)
    assert crowd["RESOURCE_EXHAUSTED"] > crowd["DEADLINE_EXCEEDED"]
    assert after["OK"] >= 0.25 * capacity

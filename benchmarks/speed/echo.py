"""What a plain hop costs: a unary call from one process to another that answers at once.

python -m benchmarks.speed.echo PORT      (the server; started by `measure_hop`)
"""

import asyncio
import subprocess
import sys
import time

import grpc
import numpy as np
import psutil

from feedrank.real.ports import free_ports
from serving.serving_loop import ServingLoop

METHOD = "/feedrank.bench/Echo"
CALLS = 1_000
WARM_UP = 200
SMALL = b"x" * 64
LARGEST = 16 * 2**20
OPTIONS = [("grpc.max_receive_message_length", LARGEST)]


class _Echo(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    """Answers a small message to anything: requests carry the payload."""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        del handler_call_details

        async def answer(_request: bytes, _context: object) -> bytes:
            return SMALL

        return grpc.unary_unary_rpc_method_handler(answer)


async def serve(port: int) -> None:
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers((_Echo(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


def measure_hop(payload_bytes: int) -> dict[str, float]:
    """Median microseconds of a call with so large a request, and CPU of both sides."""
    [port] = free_ports(1)
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.speed.echo", str(port)])
    try:
        with asyncio.Runner(loop_factory=ServingLoop) as runner:
            return runner.run(_called(port, server.pid, b"x" * payload_bytes))
    finally:
        server.terminate()
        server.wait()


async def _called(port: int, pid: int, payload: bytes) -> dict[str, float]:
    process = psutil.Process(pid)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await asyncio.wait_for(channel.channel_ready(), 30)
        call = channel.unary_unary(METHOD, None, None)
        for _ in range(WARM_UP):
            await call(payload, timeout=10)
        spent_s = time.process_time() + sum(process.cpu_times()[:2])
        took = []
        for _ in range(CALLS):
            began_ns = time.perf_counter_ns()
            await call(payload, timeout=10)
            took.append(time.perf_counter_ns() - began_ns)
        spent_s = time.process_time() + sum(process.cpu_times()[:2]) - spent_s
    return {
        "bytes": len(payload),
        "p50_us": round(float(np.median(took)) / 1e3, 1),
        "cpu_us": round(1e6 * spent_s / CALLS, 1),
    }


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

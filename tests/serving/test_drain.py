import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import grpc
import pytest
from prometheus_client import generate_latest

from serving.channels import open_channel
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from tests.serving.echo_service import METHOD, SERVICE, add_echo, local_settings


@pytest.fixture
async def process(tmp_path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server process whose only method answers `wait` once it gets a line on standard input."""
    settings = {
        "FEEDRANK_HOME": str(tmp_path),
        "FEEDRANK_GENERATIONS": str(tmp_path),
        "FEEDRANK_PORT": "0",
        "FEEDRANK_UNHEALTHY_WAIT_S": "0",
        "FEEDRANK_DRAIN_S": "20",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.serving.echo_service"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | settings,
    )
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


async def line_of(process) -> str:
    return (await process.stdout.readline()).decode().strip()


async def is_refused(address: str) -> bool:
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            await channel.unary_unary(METHOD)(b"late", timeout=5)
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.UNAVAILABLE
    return False


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGINT, signal.SIGTERM]]
)
async def test_a_signal_lets_calls_finish_then_closes_and_exits_well(process, signals):
    address = f"127.0.0.1:{await line_of(process)}"
    # A health-checked channel: its watch never ends, and must not hold up the exit.
    async with open_channel(address, SERVICE) as channel:
        in_flight = asyncio.ensure_future(channel.unary_unary(METHOD)(b"wait", timeout=20))
        assert await line_of(process) == "begun"
        for number in signals:
            process.send_signal(number)
        while not await is_refused(address):
            pass
        assert not in_flight.done()
        process.stdin.write(b"\n")
        async with asyncio.timeout(10):
            assert await in_flight == b"wait"
            assert await line_of(process) == "closed"
            assert await process.wait() == 0


async def test_a_call_that_outlasts_the_drain_is_cancelled(tmp_path):
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def never(_request, _context):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    server = GrpcServer(local_settings(tmp_path, drain_s=0.0), Metrics())
    add_echo(server, never)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    async with open_channel(f"127.0.0.1:{server.port}", SERVICE) as channel:
        in_flight = asyncio.ensure_future(channel.unary_unary(METHOD)(b"hello", timeout=20))
        await begun.wait()
        assert await server.drain() == 0
        with pytest.raises(grpc.aio.AioRpcError):
            await in_flight
    async with asyncio.timeout(5):
        await cancelled.wait()


async def test_when_the_caller_gives_up_work_stops_and_nothing_stays_in_flight(tmp_path):
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def never(_request, _context):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    metrics = Metrics()
    server = GrpcServer(local_settings(tmp_path), metrics)
    add_echo(server, never)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    async with open_channel(f"127.0.0.1:{server.port}", SERVICE) as channel:
        in_flight = channel.unary_unary(METHOD)(b"hello", timeout=20)
        await begun.wait()
        in_flight.cancel()
        async with asyncio.timeout(5):
            await cancelled.wait()
            assert await server.drain() == 0
    assert 'status="CANCELLED"} 1.0' in generate_latest(metrics.registry).decode()


async def test_the_server_can_stop_itself_with_an_exit_code(tmp_path):
    server = GrpcServer(local_settings(tmp_path), Metrics())
    await server.start([SERVICE])
    server.stop_soon(exit_code=3)
    assert await server.run_until_signal() == 3


async def test_a_drain_under_load_fails_no_call(tmp_path):
    settings = local_settings(tmp_path, unhealthy_wait_s=0.3)
    replicas = [GrpcServer(settings, Metrics()) for _ in range(2)]
    busy = [asyncio.Event() for _ in replicas]
    for replica, its_busy in zip(replicas, busy, strict=True):

        async def take_a_while(request, _context, its_busy=its_busy):
            its_busy.set()
            for _ in range(20):
                await asyncio.sleep(0)
            return request

        add_echo(replica, take_a_while)
        await replica.start([SERVICE])
        await replica.mark_serving(SERVICE)
    drained = asyncio.Event()

    async def call_until_drained(channel) -> int:
        count = 0
        while not drained.is_set():
            await channel.unary_unary(METHOD)(b"hello", timeout=5, wait_for_ready=True)
            count += 1
        return count

    addresses = ",".join(f"127.0.0.1:{replica.port}" for replica in replicas)
    async with open_channel(f"ipv4:{addresses}", SERVICE) as channel:
        callers = [asyncio.create_task(call_until_drained(channel)) for _ in range(8)]
        await asyncio.gather(*(its_busy.wait() for its_busy in busy))
        assert await replicas[0].drain() == 0
        drained.set()
        assert min(await asyncio.gather(*callers)) > 0
    await replicas[1].drain()

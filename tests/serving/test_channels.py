import asyncio

from serving.channels import open_channel
from serving.metrics_recorder import Metrics
from serving.request_id import METADATA_KEY, bind_request_id, current_request_id
from serving.server import GrpcServer
from tests.serving.echo_service import METHOD, SERVICE, add_echo, local_settings


async def tell_request_id(_request, _context):
    return str(current_request_id()).encode()


async def started(tmp_path, name: str, *, serving: bool = True) -> GrpcServer:
    """A server that answers with `name`."""

    async def tell_name(_request, _context):
        return name.encode()

    server = GrpcServer(local_settings(tmp_path), Metrics())
    add_echo(server, tell_name)
    await server.start([SERVICE])
    if serving:
        await server.mark_serving(SERVICE)
    return server


async def answers(channel, count: int) -> set[bytes]:
    call = channel.unary_unary(METHOD)
    return {await call(b"", timeout=5, wait_for_ready=True) for _ in range(count)}


async def test_the_request_id_goes_on_to_the_neighbour_and_its_log(tmp_path):
    server = GrpcServer(local_settings(tmp_path), Metrics())
    add_echo(server, tell_request_id)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)

    async def request_of(request_id: str) -> bytes:
        bind_request_id([(METADATA_KEY, request_id)])
        return await channel.unary_unary(METHOD)(b"", timeout=5)

    async with open_channel(f"127.0.0.1:{server.port}", SERVICE) as channel:
        # Each in a task of its own, as in a server.
        seen = await asyncio.gather(*map(asyncio.create_task, map(request_of, ["a-1", "b-2"])))
        replaced = await asyncio.create_task(request_of("x" * 5_000))
    await server.drain()
    assert seen == [b"a-1", b"b-2"]
    assert len(replaced) == 32
    assert b"x" not in replaced


async def test_a_replica_that_is_not_serving_gets_no_calls(tmp_path):
    first = await started(tmp_path, "first")
    second = await started(tmp_path, "second", serving=False)
    address = f"ipv4:127.0.0.1:{first.port},127.0.0.1:{second.port}"
    async with open_channel(address, SERVICE) as channel:
        assert await answers(channel, 20) == {b"first"}
        await second.mark_serving(SERVICE)
        async with asyncio.timeout(10):
            while await answers(channel, 1) != {b"second"}:
                pass
    await first.drain()
    await second.drain()


async def test_a_stopped_replica_costs_no_call(tmp_path):
    first, second = await started(tmp_path, "first"), await started(tmp_path, "second")
    address = f"ipv4:127.0.0.1:{first.port},127.0.0.1:{second.port}"
    async with open_channel(address, SERVICE) as channel:
        async with asyncio.timeout(10):
            while await answers(channel, 2) != {b"first", b"second"}:
                pass
        await first.drain()
        assert await answers(channel, 20) == {b"second"}
    await second.drain()

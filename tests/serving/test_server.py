import asyncio
import socket
import urllib.request
from collections.abc import AsyncIterator

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from serving.channels import MissingDeadlineError, open_channel
from serving.errors import OverloadedError
from serving.listening import PortError
from serving.metrics_recorder import Metrics
from serving.readiness import LIVE
from serving.server import GrpcServer
from tests.serving.echo_service import METHOD, SERVICE, add_echo, local_settings

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def has_ipv6_loopback() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.fixture
async def server(tmp_path) -> AsyncIterator[GrpcServer]:
    server = GrpcServer(local_settings(tmp_path), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    yield server
    await server.drain()


@pytest.fixture
async def channel(server) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(f"127.0.0.1:{server.port}", SERVICE) as channel:
        yield channel


async def call(channel, request: bytes, timeout_s: float | None = 5.0) -> bytes:
    return await channel.unary_unary(METHOD)(request, timeout=timeout_s)


async def failure_of(channel, request: bytes, timeout_s: float = 5.0) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(channel, request, timeout_s)
    return raised.value


async def health_of(server: GrpcServer, name: str) -> int:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return (await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)).status


async def test_answers(channel):
    assert await call(channel, b"hello") == b"hello"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("NotFoundError", "NOT_FOUND"),
        ("PreconditionError", "FAILED_PRECONDITION"),
        ("DeadlineError", "DEADLINE_EXCEEDED"),
        ("OverloadedError", "RESOURCE_EXHAUSTED"),
        ("NotReadyError", "UNAVAILABLE"),
        ("StateUnavailableError", "UNAVAILABLE"),
        ("FeedError", "INTERNAL"),
    ],
)
async def test_errors_of_the_tree_get_their_status(channel, error, code):
    assert (await failure_of(channel, error.encode())).code() == grpc.StatusCode[code]


@pytest.mark.parametrize("request_text", [b"bug", b"StateUnavailableError", b"FeedError"])
async def test_failures_of_ours_keep_their_text(channel, request_text):
    failure = await failure_of(channel, request_text)
    seen = f"{failure.details()} {failure.trailing_metadata()}"
    assert "hunter2" not in seen
    assert "10.0.0.3" not in seen
    assert "Error" not in seen


async def test_an_unexpected_error_is_internal(channel):
    assert (await failure_of(channel, b"bug")).code() == grpc.StatusCode.INTERNAL


async def test_an_invalid_request_names_its_field_in_the_details(channel):
    failed = channel.unary_unary(METHOD)(b"invalid", timeout=5)
    with pytest.raises(grpc.aio.AioRpcError, match="page_size: 51 is above the limit 50"):
        await failed
    status = await rpc_status.aio.from_call(failed)
    bad_request = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad_request)
    assert [(v.field, v.description) for v in bad_request.field_violations] == [
        ("page_size", "51 is above the limit 50")
    ]


async def test_a_long_message_is_cut_to_what_clients_accept(channel):
    failure = await failure_of(channel, b"invalid and long")
    assert failure.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert len(failure.details()) == 1_000


async def test_calls_above_the_limit_are_refused_at_once(tmp_path):
    begun, release = asyncio.Event(), asyncio.Event()

    async def wait(request, _context):
        begun.set()
        await release.wait()
        return request

    server = GrpcServer(local_settings(tmp_path, max_concurrent_calls=1), Metrics())
    add_echo(server, wait)
    await server.start([SERVICE])
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        first = asyncio.ensure_future(channel.unary_unary(METHOD)(b"first", timeout=5))
        await begun.wait()
        failure = await failure_of(channel, b"second")
        release.set()
        assert await first == b"first"
    await server.drain()
    assert failure.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_message_above_the_limit_is_refused(tmp_path):
    server = GrpcServer(local_settings(tmp_path, max_message_bytes=1_024), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        failure = await failure_of(channel, b"x" * 1_025)
    await server.drain()
    assert failure.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_metadata_has_a_limit_and_what_is_below_it_arrives(channel):
    ask = channel.unary_unary(METHOD)
    assert await ask(b"hello", timeout=5, metadata=(("x-note", "x" * 12_000),)) == b"hello"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ask(b"hello", timeout=5, metadata=(("x-note", "x" * 20_000),))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_who_is_refused_for_overload_is_told_when_to_come_back(tmp_path):
    async def refuse(_request, _context):
        raise OverloadedError("overloaded", retry_after_ms=321)

    server = GrpcServer(local_settings(tmp_path), Metrics())
    add_echo(server, refuse)
    await server.start([SERVICE])
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        failure = await failure_of(channel, b"hello")
    await server.drain()
    assert failure.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert failure.trailing_metadata()["grpc-retry-pushback-ms"] == "321"


async def test_a_cancellation_from_within_ends_in_a_status(channel):
    assert (await failure_of(channel, b"stray cancel")).code() == grpc.StatusCode.INTERNAL


async def test_a_call_without_a_timeout_cannot_be_made(channel):
    with pytest.raises(MissingDeadlineError, match=r"/test\.EchoService/Echo"):
        await call(channel, b"hello", timeout_s=None)


async def test_the_handler_sees_what_is_left_of_the_deadline(channel):
    assert 3.0 < float(await call(channel, b"remaining", timeout_s=4.0)) <= 4.0


async def test_a_call_with_too_little_time_left_is_refused_before_any_work(tmp_path):
    reached = []

    async def record(request, _context):
        reached.append(request)
        return request

    server = GrpcServer(local_settings(tmp_path, min_remaining_ms=60_000), Metrics())
    add_echo(server, record)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    async with open_channel(f"127.0.0.1:{server.port}", SERVICE) as channel:
        failure = await failure_of(channel, b"hello", timeout_s=30.0)
    await server.drain()
    assert (failure.code(), reached) == (grpc.StatusCode.DEADLINE_EXCEEDED, [])
    assert "at least 60000 ms needed" in failure.details()


async def test_health_follows_each_service_and_the_whole(tmp_path):
    server = GrpcServer(local_settings(tmp_path), Metrics())
    names = ["test.First", "test.Second"]
    await server.start(names)
    assert [await health_of(server, name) for name in names] == [NOT_SERVING, NOT_SERVING]
    await server.mark_serving("test.First")
    assert [await health_of(server, name) for name in (*names, "")] == [
        SERVING,
        NOT_SERVING,
        NOT_SERVING,
    ]
    await server.mark_serving("test.Second")
    assert await health_of(server, "") == SERVING
    await server.drain()


async def test_health_is_withdrawn_and_restored_but_life_stays(tmp_path):
    server = GrpcServer(local_settings(tmp_path), Metrics())
    await server.start(["test.First", "test.Second"])
    assert await health_of(server, LIVE) == SERVING
    await server.mark_serving("test.First")
    server.withdraw()
    assert [await health_of(server, name) for name in ("test.First", LIVE)] == [
        NOT_SERVING,
        SERVING,
    ]
    server.restore()
    assert [await health_of(server, name) for name in ("test.First", "test.Second", "")] == [
        SERVING,
        NOT_SERVING,
        NOT_SERVING,
    ]
    await server.drain()


async def test_reflection_lists_the_services(server):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = stub.ServerReflectionInfo(iter([asked]), timeout=5)
        names = [s.name async for a in answers for s in a.list_services_response.service]
    assert SERVICE in names


@pytest.mark.parametrize("symbol", ["grpc.health.v1.Health", "grpc.health.v1.Health.Check"])
async def test_reflection_finds_services_and_methods_as_ghz_asks_for_them(server, symbol):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
        [answer] = [a async for a in stub.ServerReflectionInfo(iter([asked]), timeout=5)]
    assert answer.file_descriptor_response.file_descriptor_proto


async def test_a_taken_port_is_named_and_grpc_says_nothing_beside_it(server, tmp_path, capfd):
    second = GrpcServer(local_settings(tmp_path, port=server.port), Metrics())
    capfd.readouterr()
    with pytest.raises(PortError, match=f"port {server.port} of 127.0.0.1: taken"):
        await second.start([SERVICE])
    assert await second.drain() == 0
    assert capfd.readouterr() == ("", "")


def page_at(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        return response.read().decode()


async def test_an_address_of_another_machine_is_named(tmp_path):
    # 192.0.2.0/24 is reserved for documentation: no machine has such an address.
    settings = local_settings(tmp_path).model_copy(update={"host": "192.0.2.1"})
    with pytest.raises(PortError, match=r"port 0 of 192\.0\.2\.1: cannot assign"):
        await GrpcServer(settings, Metrics()).start([SERVICE])


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
async def test_listens_on_ipv6_loopback(tmp_path, host):
    server = GrpcServer(local_settings(tmp_path, host=host), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    async with grpc.aio.insecure_channel(f"[::1]:{server.port}") as channel:
        assert await call(channel, b"hello") == b"hello"
    second = GrpcServer(local_settings(tmp_path, host=host, port=server.port), Metrics())
    with pytest.raises(PortError, match=f"port {server.port} of ::1: taken"):
        await second.start([SERVICE])
    await server.drain()


async def test_metrics_are_served_over_http(tmp_path):
    server = GrpcServer(local_settings(tmp_path, metrics_port=0), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    async with open_channel(f"127.0.0.1:{server.port}", SERVICE) as channel:
        await call(channel, b"hello")
        await failure_of(channel, b"invalid")
    page = await asyncio.to_thread(page_at, server.metrics_port)
    await server.drain()
    line = 'feedrank_rpc_calls_total{method="/test.EchoService/Echo",status="%s"} 1.0'
    assert line % "OK" in page
    assert line % "INVALID_ARGUMENT" in page
    assert "feedrank_rpc_in_flight_calls 0.0" in page


async def test_resources_are_closed_in_order_and_a_failure_shows_in_the_exit_code(tmp_path):
    closed = []

    async def close_well():
        closed.append("first")

    async def close_badly():
        raise OSError("disk full")

    async def close_last():
        closed.append("last")

    server = GrpcServer(local_settings(tmp_path), Metrics())
    await server.start([SERVICE])
    server.on_close("first", close_well)
    server.on_close("broken", close_badly)
    server.on_close("last", close_last)
    assert await server.drain() == 1
    assert closed == ["first", "last"]

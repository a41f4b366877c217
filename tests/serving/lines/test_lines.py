"""A call on a line is what it would be without one."""

import asyncio

import grpc
import pytest

from serving.access.roles import Role
from serving.call_failures import call_failure
from serving.errors import CoverageError
from serving.lines.carried_call import CarriedCall
from serving.lines.line_servicer import OPEN
from serving.metrics import RPC_CALLS
from serving.replicas.grpc_transport import GrpcTransport
from serving.replicas.switching import LINES
from serving.request_id import METADATA_KEY, current_request_id
from tests.serving.certificates import Authority
from tests.serving.lines.calling import Held, calling, failure_of, tell_way
from tests.serving.lines.on_a_line import until_on_a_line
from tests.serving.replicas.searching import METHOD, searching, serving
from tests.serving.switches.movable_switches import MovableSwitches
from tests.serving.until import until

VIEWER_FACING = {Role.VIEWER_FACING}
OTHER = METHOD.replace("Search", "Unlisted")
"""In no table of roles."""


async def test_calls_go_over_the_line_once_it_is_open(tmp_path):
    async with calling(tmp_path, tell_way) as (caller, _):
        assert await caller.call(timeout_s=1.0) == CarriedCall.__name__


async def test_without_a_line_at_the_server_calls_are_answered_all_the_same(tmp_path):
    async with (
        serving(tmp_path, tell_way, over_lines=False) as server,
        searching(tmp_path, f"127.0.0.1:{server.port}") as caller,
    ):
        for _ in range(3):
            assert await caller.call() != CarriedCall.__name__


async def test_lines_can_be_switched_off(tmp_path):
    switches = MovableSwitches()
    async with (
        serving(tmp_path, tell_way) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        transport = GrpcTransport("here", channel, switches)
        ask = transport.method(METHOD, bytes, bytes)
        await until(lambda: transport.line.current(1.0))
        assert await ask(b"", 1.0, ()) == CarriedCall.__name__.encode()
        switches.switch_off(LINES.key)
        assert await ask(b"", 1.0, ()) != CarriedCall.__name__.encode()
        await transport.close(None)


async def test_what_takes_long_or_much_goes_as_a_call_of_its_own(tmp_path):
    async with calling(tmp_path, tell_way) as (caller, _):
        assert await caller.call(timeout_s=60.0) != CarriedCall.__name__
        assert await caller.call(b"x" * 300_000, timeout_s=1.0) != CarriedCall.__name__


@pytest.mark.parametrize(
    ("request_", "code", "details"),
    [
        (b"invalid", "INVALID_ARGUMENT", "page_size: 51 is above the limit 50"),
        (b"PreconditionError", "FAILED_PRECONDITION", "redis at 10.0.0.3 is away"),
        (b"OverloadedError", "RESOURCE_EXHAUSTED", "redis at 10.0.0.3 is away"),
        (b"bug", "INTERNAL", "internal error"),
        (b"stray cancel", "INTERNAL", "internal error"),
    ],
)
async def test_errors_become_the_same_statuses(tmp_path, request_, code, details):
    async with calling(tmp_path) as (caller, server):
        failure = await failure_of(caller, request_)
        assert (failure.code().name, failure.details()) == (code, details)
        counted = server._metrics.counter(RPC_CALLS, METHOD, code)
        assert counted._value.get() == 1


async def test_reasons_in_trailing_metadata_arrive(tmp_path):
    async def refuse(_request, _context):
        raise CoverageError("2 of 5 shards")

    async with calling(tmp_path, refuse) as (caller, _):
        assert isinstance(call_failure("x", await failure_of(caller, b"")), CoverageError)


async def test_a_method_that_is_not_there_is_unimplemented(tmp_path):
    async with calling(tmp_path) as (caller, _):
        ask = caller.neighbour.unary_unary("/x.Y/Z", bytes, bytes)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(b"", timeout=1.0)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_the_server_knows_how_long_the_caller_waits(tmp_path):
    async with calling(tmp_path) as (caller, _):
        assert 1.0 < float(await caller.call(b"remaining", timeout_s=2.0)) <= 2.0


async def test_the_request_id_travels(tmp_path):
    async def tell_id(_request, context):
        assert dict(context.invocation_metadata())[METADATA_KEY] == current_request_id()
        return current_request_id().encode()

    async with calling(tmp_path, tell_id) as (caller, _):
        channel = caller.neighbour.replicas.replicas[0].transport
        begin = channel.method(METHOD, bytes, bytes)
        first, second = (begin(b"", 1.0, ((METADATA_KEY, name),)) for name in ("one", "other"))
        assert (await first, await second) == (b"one", b"other")


async def test_a_deadline_ends_the_call_on_both_sides(tmp_path):
    held = Held()
    async with calling(tmp_path, held) as (caller, _):
        failure = await failure_of(caller, b"wait", timeout_s=0.1)
        assert failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await asyncio.wait_for(held.ended, 5) == "cancelled"
        assert await caller.call(b"next", 1.0) == "next"


async def test_giving_up_cancels_the_handler_and_nothing_else(tmp_path):
    held = Held()
    async with calling(tmp_path, held) as (caller, server):
        call = asyncio.create_task(caller.call(b"wait", 3.0))
        await held.begun.wait()
        call.cancel()
        assert await asyncio.wait_for(held.ended, 5) == "cancelled"
        assert await caller.call(b"next", 1.0) == "next"
        assert server._in_flight.count == 0


async def test_a_line_is_open_to_those_whom_its_methods_are_open_to(tmp_path):
    authority = Authority(tmp_path)
    tls = {"tls_authority": authority.path}
    tls["callers"] = {"spiffe://shop/ring": {Role.INTERNAL}, "spiffe://shop/app": VIEWER_FACING}
    shown = {}
    for name in tls["callers"]:
        key, certificate = authority.certify(name)
        shown[name] = tls | {"tls_key": key, "tls_certificate": certificate}
    async with serving(tmp_path, tell_way, **shown["spiffe://shop/ring"]) as server:
        place = f"127.0.0.1:{server.port}"
        async with searching(tmp_path, place, **shown["spiffe://shop/ring"]) as caller:
            assert await caller.neighbour.reached(10.0)
            await until_on_a_line(caller.neighbour)
            assert await caller.call(timeout_s=1.0) == CarriedCall.__name__
            with pytest.raises(grpc.aio.AioRpcError) as closed:
                await caller.neighbour.unary_unary(OTHER, bytes, bytes)(b"", timeout=1.0)
            assert closed.value.code() is grpc.StatusCode.PERMISSION_DENIED
        async with searching(tmp_path, place, **shown["spiffe://shop/app"]) as caller:
            assert await caller.neighbour.reached(10.0)
            for _ in range(2):
                failure = await failure_of(caller, b"")
                assert failure.code() is grpc.StatusCode.PERMISSION_DENIED
        opened = server._metrics.counter(RPC_CALLS, OPEN, "PERMISSION_DENIED")
        assert opened._value.get() == 1

"""A call on a line is what it would be without one."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from protos import line_pb2 as pb
from serving.access.roles import Role
from serving.call_failures import call_failure
from serving.errors import CoverageError
from serving.lines import kept_line, served_line
from serving.lines.carried_call import CarriedCall
from serving.lines.line_servicer import OPEN
from serving.lines.reading import messages_of
from serving.metrics import RPC_CALLS
from serving.replicas.grpc_transport import GrpcTransport
from serving.replicas.switching import LINES
from serving.request_id import METADATA_KEY, current_request_id
from tests.serving.certificates import Authority
from tests.serving.echo_service import echo
from tests.serving.lines.on_a_line import until, until_on_a_line
from tests.serving.replicas.searching import METHOD, searching, serving
from tests.serving.switches.movable_switches import MovableSwitches

VIEWER_FACING = {Role.VIEWER_FACING}
OTHER = METHOD.replace("Search", "Unlisted")
"""In no table of roles."""


@asynccontextmanager
async def calling(folder, behaviour=echo, **settings):
    """A caller on an open line, and the server."""
    async with (
        serving(folder, behaviour, **settings) as server,
        searching(folder, f"127.0.0.1:{server.port}") as caller,
    ):
        assert await caller.neighbour.reached(10.0)
        await until_on_a_line(caller.neighbour)
        yield caller, server


async def failure_of(caller, message, timeout_s=3.0):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.call(message, timeout_s)
    return caught.value


async def tell_way(_request, context):
    return type(context).__name__.encode()


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


class Held:
    """A handler that goes on when it is let go, and says how it ended."""

    def __init__(self):
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended = asyncio.get_running_loop().create_future()

    async def __call__(self, request, _context):
        if request != b"wait":
            return request
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended.set_result("cancelled")
            raise
        self.ended.set_result("answered")
        return request


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


async def test_an_answer_beyond_the_limit_fails_alone(tmp_path):
    async def enlarge(request, _context):
        return request * 200_000

    async with calling(tmp_path, enlarge, max_message_bytes=500_000) as (caller, _):
        large, small = await asyncio.gather(
            failure_of(caller, b"large"), caller.call(b"s", timeout_s=2.0)
        )
        assert large.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert len(small) == 200_000


async def test_calls_beyond_what_a_server_takes_at_once_are_refused(tmp_path):
    held = Held()
    async with calling(tmp_path, held, max_concurrent_calls=2, admission=False) as (caller, _):
        calls = [asyncio.create_task(caller.call(b"wait", 3.0)) for _ in range(2)]
        await held.begun.wait()
        failure = await failure_of(caller, b"one too many")
        assert failure.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        held.ended = asyncio.get_running_loop().create_future()
        for call in calls:
            call.cancel()


async def test_a_server_that_drains_answers_what_it_has_begun_and_refuses_more(tmp_path):
    held = Held()
    async with calling(tmp_path, held) as (caller, server):
        begin = caller.neighbour.replicas.replicas[0].transport.method(METHOD, bytes, bytes)
        begun = asyncio.ensure_future(begin(b"wait", 3.0, ()))
        await held.begun.wait()
        draining = asyncio.create_task(server.drain())
        await asyncio.sleep(0.1)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await begin(b"late", 3.0, ())
        held.go_on.set()
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert await begun == b"wait"
        assert await asyncio.wait_for(draining, 10) == 0


async def test_a_line_is_renewed_and_the_old_one_answers_what_it_carries(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_line, "RENEW_S", 0.02)
    held = Held()
    async with calling(tmp_path, held) as (caller, server):
        transport = caller.neighbour.replicas.replicas[0].transport
        old = transport.line.current(1.0)
        call = asyncio.create_task(caller.call(b"wait", 3.0))
        await held.begun.wait()
        await until(lambda: transport.line.current(1.0) is not old)
        assert not old.is_open
        held.go_on.set()
        assert await call == "wait"
        assert server._metrics.counter(RPC_CALLS, METHOD, "OK")._value.get() == 1


async def test_calls_on_a_line_that_is_lost_fail_at_once_as_a_replica_that_is_away(tmp_path):
    held = Held()
    async with calling(tmp_path, held, drain_s=0.0) as (caller, server):
        begin = caller.neighbour.replicas.replicas[0].transport.method(METHOD, bytes, bytes)
        begun = asyncio.ensure_future(begin(b"wait", 3.0, ()))
        await held.begun.wait()
        await server.grpc_server.stop(0)
        with pytest.raises(grpc.aio.AioRpcError) as lost:
            await begun
        assert lost.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


async def test_a_lost_line_is_soon_opened_again(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_line, "RENEW_S", 3_600.0)
    monkeypatch.setattr(kept_line, "USED_S", 3_600.0)
    async with calling(tmp_path, tell_way) as (caller, _):
        kept = caller.neighbour.replicas.replicas[0].transport.line
        lost = kept.current(1.0)
        lost._stream.cancel()
        await until(lambda: kept.current(1.0) not in (None, lost))
        assert await caller.call(timeout_s=1.0) == CarriedCall.__name__


async def test_small_calls_that_are_too_large_together_do_not_travel_together(tmp_path):
    async with calling(tmp_path, max_message_bytes=4_096) as (caller, _):
        answers = await asyncio.gather(*(caller.call(b"x" * 900, 3.0) for _ in range(20)))
        assert answers == ["x" * 900] * 20
        assert await caller.call(b"x" * 3_500, 3.0) == "x" * 3_500


async def take_all(stream, answers):
    async for message in messages_of(stream):
        answers += message.answers


async def test_who_does_not_read_is_not_answered_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(served_line, "MAX_UNREAD_MESSAGES", 0.5)

    async def enlarge(_request, _context):
        return b"x" * 500_000

    async with serving(tmp_path, enlarge, max_message_bytes=1_000_000) as server:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            stream = channel.stream_stream(
                OPEN, pb.LineCalls.SerializeToString, pb.LineAnswers.FromString
            )()
            for number in range(1, 41):
                call = pb.LineCall(id=number, method=METHOD, timeout_us=10_000_000)
                await stream.write(pb.LineCalls(calls=[call]))
                await asyncio.sleep(0.01)
            answers = []
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await take_all(stream, answers)
            assert ended.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert len(answers) < 30
        await until(lambda: server._in_flight.count == 0)


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

"""Lines that are renewed, drained or lost, and the calls on them."""

import asyncio

import grpc
import pytest

from serving.lines import kept_line
from serving.lines.carried_call import CarriedCall
from serving.metrics import RPC_CALLS
from tests.serving.lines.calling import Held, calling, tell_way
from tests.serving.replicas.searching import METHOD
from tests.serving.until import until


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

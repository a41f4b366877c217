"""Faults of real servers: what callers see of them, and that it costs few calls."""

import asyncio
import time
from contextlib import contextmanager
from functools import partial

import grpc
import pytest

from serving.metrics import EXTRA_CALLS
from serving.replicas.extra_call_budget import BURST
from serving.replicas.name_lookup import follow_name
from serving.replicas.standing import State
from tests.serving.replicas.searching import Searching, SearchProcess, searching, started


@contextmanager
def two_processes(tmp_path):
    with SearchProcess(tmp_path) as first, SearchProcess(tmp_path) as second:
        yield first, second


def states(caller: Searching):
    return [replica.standing.state for replica in caller.neighbour.replicas.replicas]


def extra_calls(caller: Searching) -> float:
    counter = caller.metrics.counter
    return sum(counter(EXTRA_CALLS, "shard", kind)._value.get() for kind in ("hedge", "retry"))


async def answers_until(caller: Searching, done, patience_s=30.0):
    """Call until `done`, and count the calls; none of them may fail."""
    calls, give_up_s = 0, time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < give_up_s
        await caller.call()
        await asyncio.sleep(0.002)
        calls += 1
    return calls


def says(name: bytes, delay):
    async def answer(_request, _context):
        await asyncio.sleep(delay())
        return name

    return answer


async def test_a_replica_killed_amid_calls_costs_none_of_them(tmp_path):
    with two_processes(tmp_path) as (first, second):
        async with searching(tmp_path, f"{first.address},{second.address}") as caller:
            await caller.until_all_answer(2)
            calls = [asyncio.create_task(caller.call(b"wait")) for _ in range(16)]
            await asyncio.sleep(0.2)
            in_flight = [replica.in_flight for replica in caller.neighbour.replicas.replicas]
            first.kill()
            answered = set(await asyncio.gather(*calls))
            assert min(in_flight) > 0
            assert len(answered) == 1
            assert extra_calls(caller) >= in_flight[0]


async def test_a_stopped_replica_is_ejected_soon_and_comes_back_when_it_goes_on(tmp_path):
    with two_processes(tmp_path) as (first, second):
        async with searching(tmp_path, f"{first.address},{second.address}") as caller:
            for _ in range(100):
                await caller.call()
            first.pause()
            calls = await answers_until(caller, lambda: State.EJECTED in states(caller))
            assert extra_calls(caller) <= 0.05 * (calls + 100) + BURST
            quick = [await caller.call(timeout_s=2.0) for _ in range(50)]
            assert len(set(quick)) == 1
            first.resume()
            await answers_until(caller, lambda: states(caller) == [State.IN_SERVICE] * 2)


async def test_a_replica_200_ms_slower_is_ejected_and_comes_back_when_it_is_quick(tmp_path):
    delay_s = [0.0]
    first = await started(tmp_path, says(b"first", lambda: delay_s[0]))
    second = await started(tmp_path, says(b"second", lambda: 0.0))
    async with searching(tmp_path, f"127.0.0.1:{first.port},127.0.0.1:{second.port}") as caller:
        for _ in range(100):
            await caller.call()
        delay_s[0] = 0.2
        await answers_until(caller, lambda: states(caller)[0] is State.EJECTED)
        delay_s[0] = 0.0
        await answers_until(caller, lambda: states(caller) == [State.IN_SERVICE] * 2)
    await first.drain()
    await second.drain()


async def test_a_replica_that_is_drained_and_started_again_and_again_costs_no_call(tmp_path):
    first = await started(tmp_path, says(b"first", lambda: 0.0))
    second = await started(tmp_path, says(b"second", lambda: 0.0))
    port = first.port
    async with searching(tmp_path, f"127.0.0.1:{port},127.0.0.1:{second.port}") as caller:
        for _ in range(3):
            await caller.until_all_answer(2)
            draining = asyncio.create_task(first.drain())
            await answers_until(caller, draining.done)
            first = await started(tmp_path, says(b"first", lambda: 0.0), port)
        await caller.until_all_answer(2)
    await first.drain()
    await second.drain()


async def test_without_any_replica_a_call_fails_at_once(tmp_path):
    async with searching(tmp_path, "127.0.0.1:1,127.0.0.1:2") as caller:
        began_s = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.call(timeout_s=20.0)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - began_s < 10


async def test_a_name_that_leads_to_one_more_replica_sends_calls_there(tmp_path):
    first = await started(tmp_path, says(b"first", lambda: 0.0))
    second = await started(tmp_path, says(b"second", lambda: 0.0))
    places = [{f"127.0.0.1:{first.port}"}]

    async def lookup(name, port):
        assert (name, port) == ("shards.example", "50051")
        return places[0]

    follow = partial(follow_name, lookup=lookup, interval_s=0.05)
    async with searching(tmp_path, "dns:///shards.example:50051", follow) as caller:
        assert {await caller.call() for _ in range(20)} == {"first"}
        places[0] = {f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"}
        await caller.until_all_answer(2)
        places[0] = {f"127.0.0.1:{second.port}"}
        await answers_until(caller, lambda: len(caller.neighbour.replicas.replicas) == 1)
        assert {await caller.call() for _ in range(20)} == {"second"}
    await first.drain()
    await second.drain()

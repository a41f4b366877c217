"""Faults of real servers: what callers see of them, and that it costs few calls."""

import asyncio
import random
import time
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import grpc
import pytest

from feedrank.real.ports import free_ports
from serving.access.roles import Role
from serving.metrics import EXTRA_CALLS
from serving.replicas.extra_call_budget import BURST
from serving.replicas.name_lookup import follow_name
from serving.replicas.standing import State
from tests.serving.certificates import Authority
from tests.serving.replicas.searching import Searching, SearchProcess, searching, serving, started


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


@asynccontextmanager
async def two_servers(tmp_path, first_delay, second_delay):
    """Two servers in this process, and a caller of both who has called both."""
    async with (
        serving(tmp_path, says(b"first", first_delay)) as first,
        serving(tmp_path, says(b"second", second_delay)) as second,
        searching(tmp_path, f"127.0.0.1:{first.port},127.0.0.1:{second.port}") as caller,
    ):
        await caller.until_all_answer(2)
        yield caller


def at_once():
    return 0.0


async def test_a_replica_200_ms_slower_is_ejected_and_comes_back_when_it_is_quick(tmp_path):
    delay_s = [0.0]
    async with two_servers(tmp_path, lambda: delay_s[0], at_once) as caller:
        for _ in range(100):
            await caller.call()
        delay_s[0] = 0.2
        await answers_until(caller, lambda: states(caller)[0] is State.EJECTED)
        delay_s[0] = 0.0
        await answers_until(caller, lambda: states(caller) == [State.IN_SERVICE] * 2)


async def test_a_replica_that_is_drained_and_started_again_and_again_costs_no_call(tmp_path):
    [port] = free_ports(1)
    async with (
        serving(tmp_path, says(b"second", at_once)) as second,
        searching(tmp_path, f"127.0.0.1:{port},127.0.0.1:{second.port}") as caller,
    ):
        for _ in range(3):
            first = await started(tmp_path, says(b"first", at_once), port)
            try:
                await caller.until_all_answer(2)
            finally:
                draining = asyncio.create_task(first.drain())
            await answers_until(caller, draining.done)


async def test_without_any_replica_a_call_fails_at_once(tmp_path):
    async with searching(tmp_path, "127.0.0.1:1,127.0.0.1:2") as caller:
        began_s = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.call(timeout_s=20.0)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - began_s < 10


async def test_a_name_that_leads_to_one_more_replica_sends_calls_there(tmp_path):
    places = set()

    async def lookup(name, port):
        assert (name, port) == ("shards.example", "50051")
        return set(places)

    follow = partial(follow_name, lookup=lookup, interval_s=0.05)
    async with (
        serving(tmp_path, says(b"first", at_once)) as first,
        serving(tmp_path, says(b"second", at_once)) as second,
        searching(tmp_path, "dns:///shards.example:50051", follow) as caller,
    ):
        places.add(f"127.0.0.1:{first.port}")
        assert {await caller.call() for _ in range(20)} == {"first"}
        places.add(f"127.0.0.1:{second.port}")
        await caller.until_all_answer(2)
        places.remove(f"127.0.0.1:{first.port}")
        await answers_until(caller, lambda: len(caller.neighbour.replicas.replicas) == 1)
        assert {await caller.call() for _ in range(20)} == {"second"}


def stalls(share):
    """A delay of 2 ms, and 400 ms for a share of the calls, the list's only number."""
    dice = random.Random(7)
    return lambda: 0.4 if dice.random() < share[0] else 0.002


async def p99_s(caller: Searching, calls: int) -> float:
    took_s = []
    for _ in range(calls):
        began_s = time.perf_counter()
        await caller.call()
        took_s.append(time.perf_counter() - began_s)
    return sorted(took_s)[calls * 99 // 100]


@pytest.mark.slow
async def test_stalls_of_two_percent_are_not_seen_at_the_99th_percentile(tmp_path):
    share = [0.0]
    delay = stalls(share)
    async with two_servers(tmp_path, delay, delay) as caller:
        healthy_s = await p99_s(caller, 1_000)
        share[0] = 0.02
        with_stalls_s = await p99_s(caller, 1_000)
        # Twice the time without stalls, on a machine with nothing else to do.
        assert with_stalls_s < max(0.35, 2 * healthy_s)
        assert extra_calls(caller) <= 0.05 * 2_100 + BURST


async def test_the_certificate_behind_a_name_is_for_the_name(tmp_path):
    authority = Authority(tmp_path)
    key, certificate = authority.certify("spiffe://shop/ring", "shards.example", loopback=False)
    tls = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    tls["callers"] = {"spiffe://shop/ring": {Role.INTERNAL}}

    async def lookup(_name, port):
        return {f"127.0.0.1:{port}"}

    follow = partial(follow_name, lookup=lookup)
    async with serving(tmp_path, says(b"first", at_once), **tls) as server:
        place = f"dns:///shards.example:{server.port}"
        async with searching(tmp_path, place, follow, **tls) as caller:
            assert await caller.call() == "first"
        async with searching(tmp_path, f"127.0.0.1:{server.port}", follow, **tls) as caller:
            with pytest.raises(grpc.aio.AioRpcError):
                await caller.call()

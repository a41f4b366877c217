"""How callers share the gate."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from serving.errors import OverloadedError
from serving.gate import Call
from tests.serving.admission.gated_server import FEED, settled, waiting_call


async def test_a_flood_of_one_caller_delays_others_by_one_call(servers):
    server = servers()
    running = [server.begin("flood")[0] for _ in range(2)]
    flood = [waiting_call(server, "flood") for _ in range(6)]
    with pytest.raises(OverloadedError):
        server.begin("flood")
    other = waiting_call(server, "other")
    server.end(running[0], took_ms=5)
    server.end(running[1], took_ms=0)
    await settled()
    assert other.done()
    assert [task.done() for task in flood] == [True] + [False] * 5


async def test_who_has_fewer_calls_than_its_share_is_not_refused_for_the_queue_of_a_flood(servers):
    server = servers(admission_wait_factor=3.01)
    for _ in range(2):
        server.begin("flood")
    for _ in range(6):
        waiting_call(server, "flood")
    with pytest.raises(OverloadedError):
        server.begin("flood")
    for _ in range(4):  # half of the eight that may be here
        waiting_call(server, "other")
    with pytest.raises(OverloadedError):
        server.begin("other")


async def test_many_callers_make_the_queue_longer_by_one_call_each(servers):
    server = servers(admission_wait_factor=3.01)
    for round_ in range(20):
        for number in range(10):
            with suppress(OverloadedError):
                server.begin(f"caller {(round_ + number) % 10}", remaining_ms=60_000.0)
    assert server.gate._lanes[FEED].waiting <= 8 + 10


async def test_a_lone_caller_can_use_everything(servers):
    server = servers(admission_max_running=8, admission_min_running=8)
    assert [server.begin("lone")[1] for _ in range(8)] == [None] * 8


async def test_two_callers_that_want_everything_get_half_each(servers):
    server = servers(admission_wait_factor=10.0)
    running = [server.begin("a")[0], server.begin("b")[0]]
    waiting: dict[asyncio.Task[None], Call] = {}
    served: Counter[str] = Counter()
    for _ in range(60):
        for caller in "aaaaab":  # one asks five times as often
            with suppress(OverloadedError):
                call, turn = server.begin(caller)
                assert turn is not None
                waiting[turn] = call
        server.end(running.pop(0), took_ms=5)
        await settled()
        for task in [task for task in waiting if task.done()]:
            running.append(waiting.pop(task))
            served[running[-1].caller] += 1
    assert abs(served["a"] - served["b"]) <= 2

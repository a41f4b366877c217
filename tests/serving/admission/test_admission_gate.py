"""What a call meets at the gate."""

import asyncio
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.ending import Ending
from serving.errors import OverloadedError
from serving.gate import Call
from tests.serving.admission.gated_server import (
    FEED,
    PUBLISH,
    RANK,
    TAKES_MS,
    Server,
    settled,
    waiting_call,
)


async def test_calls_up_to_the_limit_run_at_once(servers):
    server = servers()
    assert server.begin()[1] is None
    assert server.begin()[1] is None


async def test_one_more_waits_until_another_ends(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    waiting = waiting_call(server)
    assert not waiting.done()
    server.end(first)
    await waiting


async def test_a_call_that_would_wait_too_long_is_refused_and_told_when_to_come_back(servers):
    server = servers(admission_wait_factor=3.01)
    for _ in range(2):
        server.begin()
    # Two run, so one ends every five ms: six wait up to thirty, three times what a call takes.
    for _ in range(6):
        waiting_call(server)
    with pytest.raises(OverloadedError) as refused:
        server.begin()
    assert 250 <= refused.value.retry_after_ms <= 750
    assert server.refused("limit") == 1


async def test_who_has_time_left_waits_longer(servers):
    server = servers(admission_wait_factor=3.01, admission_wait_share=0.25)
    for _ in range(2):
        server.begin()
    for _ in range(19):  # a quarter of what is left is 99 ms
        waiting_call(server, remaining_ms=396.0)
    with pytest.raises(OverloadedError):
        server.begin(remaining_ms=396.0)
    assert server.refused("limit") == 1


async def test_but_not_longer_than_people_would(servers):
    server = servers(admission_wait_factor=3.01, admission_wait_share=0.25)
    for _ in range(2):
        server.begin()
    with suppress(OverloadedError):
        for _ in range(100):
            waiting_call(server, remaining_ms=60_000.0)
    assert server.gate._lanes[FEED].waiting <= 50


async def test_refused_callers_are_not_told_to_come_back_together(servers):
    server = servers(admission_wait_factor=1.01)
    for _ in range(2):
        server.begin()
    waiting_call(server)
    waiting_call(server)
    times = set()
    for _ in range(20):
        with pytest.raises(OverloadedError) as refused:
            server.begin()
        times.add(refused.value.retry_after_ms)
    assert len(times) > 10


async def test_a_call_that_cannot_end_in_time_any_more_is_refused_before_it_waits(servers):
    server = servers()
    for _ in range(2):
        server.begin()
    with pytest.raises(OverloadedError):
        server.begin(remaining_ms=14.0)  # five to wait, ten to run
    assert server.refused("deadline") == 1
    assert server.begin(remaining_ms=16.0)[1] is not None


async def test_a_busy_server_lets_nobody_in_who_cannot_end_in_time(servers):
    server = servers()
    server.begin()
    with pytest.raises(OverloadedError):
        server.begin(remaining_ms=9.0)
    assert server.begin(remaining_ms=11.0)[1] is None


async def test_an_idle_server_tries_however_little_time_is_left(servers):
    assert servers().begin(remaining_ms=1.0)[1] is None


async def test_a_call_whose_time_has_run_out_while_it_waited_is_refused(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    waiting = waiting_call(server, remaining_ms=16.0)
    server.end(first, took_ms=12.0)
    with pytest.raises(OverloadedError):
        await waiting
    assert server.begin()[1] is None  # its place is free


async def test_next_pages_do_not_wait_behind_new_feeds(servers):
    server = servers()
    for _ in range(2):
        server.begin()
    waiting_call(server)
    assert server.begin(page_token="next")[1] is None


async def test_services_behind_the_edge_refuse_only_what_cannot_end_in_time(servers):
    server = servers(admission_wait_factor=0.0)
    for _ in range(30):
        server.end(server.begin(method=RANK)[0])
    for _ in range(2):
        server.begin(method=RANK)
    for _ in range(20):
        waiting_call(server, method=RANK, remaining_ms=150.0)
    with pytest.raises(OverloadedError):  # twenty-one wait 105 ms, and one takes ten
        server.begin(method=RANK, remaining_ms=110.0)


async def test_batch_calls_yield_when_viewers_wait(servers):
    server = servers()
    for _ in range(2):
        server.begin()
    assert server.begin(method=PUBLISH)[1] is None
    waiting_call(server)
    with pytest.raises(OverloadedError):
        server.begin(method=PUBLISH)
    assert server.refused("yield", PUBLISH) == 1


async def test_who_gives_up_while_waiting_leaves_the_queue(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    gone = waiting_call(server)
    next_one = waiting_call(server)
    await settled()
    gone.cancel()
    await settled()
    server.end(first)
    await next_one


async def test_who_gives_up_just_before_its_turn_is_passed_over(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    gone = waiting_call(server)
    next_one = waiting_call(server)
    await settled()
    gone.cancel()
    server.end(first)
    await next_one
    assert gone.cancelled()


async def test_who_gives_up_in_the_moment_of_its_turn_passes_it_on(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    gone = waiting_call(server)
    next_one = waiting_call(server)
    await settled()
    server.end(first)
    gone.cancel()
    await settled()
    assert next_one.done()
    assert not next_one.cancelled()


async def test_quick_failures_are_not_taken_for_quick_answers(servers):
    server = servers(admission_max_running=50)
    for _ in range(100):
        server.end(server.begin()[0], took_ms=0.1, ending=Ending.FAILED)
    for _ in range(2):
        server.begin()
    assert server.gate._lanes[FEED].limit.no_load_ms == pytest.approx(TAKES_MS)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["come", "end", "fail", "leave"]), st.integers(0, 99))))
async def test_places_are_never_lost_nor_made(steps):
    server = Server(admission_max_running=6)
    lane = server.gate._lanes[FEED]
    running: list[Call] = []
    waiting: dict[asyncio.Task[None], Call] = {}
    for step, number in steps:
        if step == "come":
            try:
                call, turn = server.begin("abc"[number % 3])
            except OverloadedError:
                continue
            if turn is None:
                running.append(call)
            else:
                waiting[turn] = call
        elif step == "leave" and waiting:
            list(waiting)[number % len(waiting)].cancel()
        elif running:
            ending = Ending.WHOLE if step == "end" else Ending.FAILED
            server.end(running.pop(number % len(running)), ending=ending)
        await settled()
        for task in [task for task in waiting if task.done()]:
            call = waiting.pop(task)
            if not task.cancelled() and task.exception() is None:
                running.append(call)
        assert lane.running == len(running)
        assert lane.waiting == len(waiting)
        assert not (waiting and lane.running < lane.limit.value)
    await server.close()


async def test_a_place_that_a_neighbour_had_no_room_for_stays_taken_as_long_as_a_call(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    waiting = waiting_call(server)
    began_s = time.monotonic()
    server.end(first, took_ms=1.0, ending=Ending.TURNED_AWAY)
    await settled()
    assert not waiting.done()
    await waiting
    assert time.monotonic() - began_s >= (TAKES_MS - 1.0) / 1_000
    assert server.gate._lanes[FEED].limit.run_ms == pytest.approx(TAKES_MS)


def limit_of(server: Server) -> int:
    return server.gate._lanes[FEED].limit.value


async def test_calls_that_run_out_of_time_lower_the_limit_at_once(servers):
    server = servers(admission_max_running=50)
    before = limit_of(server)
    for _ in range(4):
        server.end(server.begin(remaining_ms=100.0)[0], took_ms=97.0)
    assert limit_of(server) < before


async def test_calls_that_find_no_room_further_on_lower_it_too(servers):
    server = servers(admission_max_running=50)
    before = limit_of(server)
    for _ in range(4):
        server.end(server.begin()[0], took_ms=2 * TAKES_MS, ending=Ending.TURNED_AWAY)
    assert limit_of(server) < before


async def test_calls_that_came_with_too_little_time_say_nothing_about_the_limit(servers):
    server = servers(admission_max_running=50)
    before = limit_of(server)
    for _ in range(10):
        server.end(server.begin(remaining_ms=1.5 * TAKES_MS)[0], took_ms=1.4 * TAKES_MS)
    assert limit_of(server) == before


async def test_a_turn_comes_too_late_when_calls_take_longer_than_is_left(servers):
    server = servers()
    first, _ = server.begin()
    server.begin()
    waiting = waiting_call(server, remaining_ms=3.5 * TAKES_MS)
    server.end(first, took_ms=2.8 * TAKES_MS)
    with pytest.raises(OverloadedError):
        await waiting
    assert server.refused("deadline") == 1

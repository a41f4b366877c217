import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.admission.admission_gate import AdmissionGate
from serving.admission.settings import AdmissionSettings
from serving.deadline import Deadline
from serving.errors import OverloadedError
from serving.gate import Call
from serving.metrics import ADMISSION_REFUSED
from serving.metrics_recorder import Metrics

FEED = "/feedrank.v1.FeedService/GetFeed"
PUBLISH = "/feedrank.v1.FeedService/PublishItems"
RANK = "/feedrank.v1.RankerService/Rank"
TAKES_MS = 10.0


class Server:
    """A gate on a clock that stands still, where two calls run at a time, each for ten ms."""

    def __init__(self, **fields: Any) -> None:
        self.now_s = 100.0
        self._tasks: list[asyncio.Task[None]] = []
        self.metrics = Metrics()
        two = {"admission_min_running": 2, "admission_max_running": 2, "admission_wait_share": 0.0}
        given = two | fields
        self.gate = AdmissionGate(AdmissionSettings(**given), self.metrics, lambda: self.now_s)
        for _ in range(30):  # so that it knows what calls take
            for method in (FEED, PUBLISH):
                self.end(self.begin(method=method)[0])

    def begin(
        self,
        caller: str = "a",
        *,
        method: str = FEED,
        page_token: str = "",
        remaining_ms: float = 1_000.0,
    ) -> tuple[Call, "asyncio.Task[None] | None"]:
        """A call that has come, and its wait for a turn, if it has to."""
        deadline = Deadline(self.now_s + remaining_ms / 1_000, lambda: self.now_s)
        request = SimpleNamespace(page_token=page_token)
        call = Call(method, None, caller, request, deadline)
        turn = self.gate.enter(call)
        if turn is None:
            return call, None
        self._tasks.append(asyncio.ensure_future(turn))
        return call, self._tasks[-1]

    def end(self, call: Call, took_ms: float = TAKES_MS, *, is_whole: bool = True) -> None:
        self.now_s += took_ms / 1_000
        self.gate.leave(call, took_ms, is_whole=is_whole)

    def refused(self, reason: str, method: str = FEED) -> float:
        return self.metrics.counter(ADMISSION_REFUSED, method, reason)._value.get()

    async def close(self) -> None:
        """Let go of those who still wait."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def servers() -> AsyncIterator[Callable[..., Server]]:
    opened: list[Server] = []

    def open_server(**fields: Any) -> Server:
        opened.append(Server(**fields))
        return opened[-1]

    yield open_server
    for server in opened:
        await server.close()


def waiting_call(server: Server, *arguments: str, **named: Any) -> "asyncio.Task[None]":
    turn = server.begin(*arguments, **named)[1]
    assert turn is not None
    return turn


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


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
        server.end(server.begin()[0], took_ms=0.1, is_whole=False)
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
            server.end(running.pop(number % len(running)), is_whole=step == "end")
        await settled()
        for task in [task for task in waiting if task.done()]:
            call = waiting.pop(task)
            if not task.cancelled() and task.exception() is None:
                running.append(call)
        assert lane.running == len(running)
        assert lane.waiting == len(waiting)
        assert not (waiting and lane.running < lane.limit.value)
    await server.close()


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

"""Calls that are made once more: when, how often, and what becomes of the loser."""

import asyncio

import grpc
import pytest

from serving.channels import MissingDeadlineError
from serving.metrics import EXTRA_CALLS, HEDGES_WON
from serving.replicas.extra_call_budget import BURST
from serving.replicas.replicated_method import Repeatable
from serving.replicas.standing import Outcome
from tests.serving.replicas.fakes import a_fleet, failure, settle


def extra(fleet, kind):
    return fleet.metrics.counter(EXTRA_CALLS, "shard", kind)._value.get()


async def begun(fleet):
    """A call that hangs, the replica that has it, and the other one."""
    for transport in fleet.transports:
        transport.is_hung = True
    call = asyncio.create_task(fleet.call())
    await settle()
    slow = next(transport for transport in fleet.transports if transport.waiting)
    other = next(transport for transport in fleet.transports if transport is not slow)
    other.is_hung = False
    return call, slow, other


async def test_a_quick_call_is_made_once():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    assert await fleet.call() in ("host:0", "host:1")
    assert sum(transport.asked for transport in fleet.transports) == 1
    assert fleet.clock.timers == [] or fleet.clock.timers[0].is_cancelled


async def test_a_hedge_is_sent_at_the_p95_and_not_before():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, _slow, other = await begun(fleet)
    fleet.clock.pass_s(0.009)
    await settle()
    assert other.asked == 0
    fleet.clock.pass_s(0.002)
    assert await call == other.address
    assert extra(fleet, "hedge") == 1
    assert fleet.metrics.counter(HEDGES_WON, "shard")._value.get() == 1


async def test_a_hedge_has_what_is_left_of_the_time():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    fleet.clock.pass_s(0.25)
    await call
    assert (slow.timeouts, other.timeouts) == ([1.0], [0.75])


async def test_switched_off_nothing_is_hedged_and_failures_are_still_retried():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    fleet.switches.switch_off("call:hedging")
    call, slow, other = await begun(fleet)
    fleet.clock.pass_s(0.5)
    await settle()
    assert (other.asked, extra(fleet, "hedge")) == (0, 0)
    slow.waiting[0].set_exception(failure())
    assert await call == other.address
    assert extra(fleet, "retry") == 1


@pytest.mark.parametrize(
    ("own_s", "slow_after_s"), [(0.008, 0.010), (0.010, 0.010), (0.015, 0.015), (0.500, 0.010)]
)
def test_slow_is_above_its_own_p95_unless_it_is_far_slower_than_the_others(own_s, slow_after_s):
    fleet = a_fleet(3)
    fleet.transports[0].ready = False
    for replica, seconds in zip(fleet.replicas.replicas, (own_s, 0.010, 0.010), strict=True):
        for _ in range(16):
            fleet.replicas.note(replica, Outcome.GOOD, seconds)
    assert fleet.replicas.slow_after_s(fleet.replicas.replicas[0]) == slow_after_s


def test_a_stranger_may_take_twice_the_usual_time():
    fleet = a_fleet(2)
    fleet.learn(0.010, 0.010)
    fleet.replicas.replicas[1].latency.forget()
    assert fleet.replicas.slow_after_s(fleet.replicas.replicas[1]) == 0.020


async def test_the_loser_is_cancelled_and_counted_as_late():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, _other = await begun(fleet)
    fleet.clock.pass_s(0.02)
    await call
    assert slow.waiting[0].cancelled()
    replica = next(r for r in fleet.replicas.replicas if r.transport is slow)
    assert replica.in_flight == 0
    assert replica.standing.failure_share > 0


async def test_the_first_call_may_still_win_and_the_hedge_is_cancelled():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    other.is_hung = True
    fleet.clock.pass_s(0.02)
    await settle()
    slow.waiting[0].set_result("the first")
    assert await call == "the first"
    await settle()
    assert other.waiting[0].cancelled()
    assert [replica.in_flight for replica in fleet.replicas.replicas] == [0, 0]


async def test_a_hedge_that_has_only_just_begun_is_cancelled_too():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    other.is_hung = True
    slow.waiting[0].set_result("the first")
    fleet.clock.pass_s(0.02)
    assert await call == "the first"
    assert other.waiting[0].cancelled()
    assert [replica.in_flight for replica in fleet.replicas.replicas] == [0, 0]


async def test_a_hedge_that_fails_leaves_the_first_call_alone():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    other.error = failure()
    fleet.clock.pass_s(0.02)
    await settle()
    slow.waiting[0].set_result("the first")
    assert await call == "the first"


async def test_without_budget_for_a_slow_call_there_is_some_when_it_is_far_slower():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    while fleet.replicas.budget.spend(in_need=False):
        pass
    call, _slow, other = await begun(fleet)
    for seconds in (0.010, 0.028):
        fleet.clock.pass_s(seconds)
        await settle()
        assert other.asked == 0
    fleet.clock.pass_s(0.003)
    assert await call == other.address


async def test_when_the_first_fails_the_hedge_under_way_is_the_retry():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    other.is_hung = True
    fleet.clock.pass_s(0.02)
    await settle()
    slow.waiting[0].set_exception(failure())
    await settle()
    other.waiting[0].set_result("the hedge")
    assert await call == "the hedge"
    assert (slow.asked, other.asked, extra(fleet, "retry")) == (1, 1, 0)


async def test_who_gives_up_cancels_both():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    other.is_hung = True
    fleet.clock.pass_s(0.02)
    await settle()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await settle()
    assert slow.waiting[0].cancelled()
    assert other.waiting[0].cancelled()


async def test_a_call_with_effects_is_not_hedged():
    fleet = a_fleet(repeatable=Repeatable.AFTER_FAILURE)
    fleet.learn(0.010, 0.010)
    call, slow, other = await begun(fleet)
    fleet.clock.pass_s(0.5)
    await settle()
    assert other.asked == 0
    slow.waiting[0].set_result("late")
    assert await call == "late"


async def test_a_single_replica_is_not_hedged():
    fleet = a_fleet(1)
    fleet.learn(0.010)
    assert fleet.replicas.slow_after_s(fleet.replicas.replicas[0]) is None


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
@pytest.mark.parametrize("repeatable", [Repeatable.AFTER_FAILURE, Repeatable.AT_ANY_TIME])
async def test_a_replica_that_goes_away_costs_no_call(repeatable, code):
    fleet = a_fleet(repeatable=repeatable)
    fleet.transports[0].error = failure(code)
    assert [await fleet.call() for _ in range(20)] == ["host:1"] * 20
    assert 0 < extra(fleet, "retry") <= 20


async def test_what_may_not_be_repeated_is_not():
    fleet = a_fleet(repeatable=Repeatable.NEVER)
    for transport in fleet.transports:
        transport.error = failure()
    with pytest.raises(grpc.aio.AioRpcError):
        await fleet.call()
    assert sum(transport.asked for transport in fleet.transports) == 1


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
    ],
)
async def test_other_failures_are_not_retried(code):
    fleet = a_fleet()
    for transport in fleet.transports:
        transport.error = failure(code)
    with pytest.raises(grpc.aio.AioRpcError):
        await fleet.call()
    assert sum(transport.asked for transport in fleet.transports) == 1


async def test_a_retry_that_cannot_be_in_time_is_not_made():
    fleet = a_fleet()
    fleet.learn(0.5, 0.5)
    for transport in fleet.transports:
        transport.error = failure()
    with pytest.raises(grpc.aio.AioRpcError):
        await fleet.call(timeout_s=0.4)
    assert extra(fleet, "retry") == 0


async def test_when_everybody_fails_the_budget_bounds_what_is_tried():
    fleet = a_fleet(3)
    for transport in fleet.transports:
        transport.error = failure()
    for _ in range(3_000):
        with pytest.raises(grpc.aio.AioRpcError):
            await fleet.call()
    asked = sum(transport.asked for transport in fleet.transports)
    assert 3_000 < asked <= 3_000 * 1.05 + BURST


async def test_when_everybody_is_slow_the_budget_bounds_what_is_hedged():
    fleet = a_fleet()
    fleet.learn(0.010, 0.010)
    for transport in fleet.transports:
        transport.is_hung = True
    for _ in range(500):
        call = asyncio.create_task(fleet.call())
        await settle()
        fleet.clock.pass_s(0.02)
        await asyncio.sleep(0)
        for transport in fleet.transports:
            for waiting in transport.waiting:
                waiting.done() or waiting.set_result("late")
            transport.waiting.clear()
        await call
    assert 0 < extra(fleet, "hedge") <= 500 * 0.05 + BURST


async def test_a_call_without_a_deadline_is_refused():
    fleet = a_fleet()
    with pytest.raises(MissingDeadlineError, match="/x/Search called without timeout="):
        await fleet.ask("question")

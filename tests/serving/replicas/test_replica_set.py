"""Who is asked, who is left out, and how they come back."""

from collections import Counter

import grpc
import pytest

from serving.errors import DependencyError
from serving.metrics import EJECTED_REPLICAS, EJECTIONS
from serving.replicas.latency_digest import SIZE
from serving.replicas.replica_set import CALLS_PER_TRIAL
from serving.replicas.replicated_method import Repeatable
from serving.replicas.standing import FAILING_S, FAILURES_IN_ROW, TRIAL_CALLS, Outcome, State
from tests.serving.replicas.fakes import a_fleet, failure, settle


def chosen(fleet, count=200):
    return Counter(fleet.replicas.choose().transport.address for _ in range(count))


def fail(fleet, number, times=FAILURES_IN_ROW):
    for _ in range(times):
        fleet.clock.pass_s(FAILING_S / (FAILURES_IN_ROW - 2))
        fleet.replicas.note(fleet.replicas.replicas[number], Outcome.FAILED, 0.001)


def states(fleet):
    return [replica.standing.state for replica in fleet.replicas.replicas]


def ejections(fleet, number, cause):
    return fleet.metrics.counter(EJECTIONS, "shard", str(number), cause)._value.get()


IN, OUT, TRIAL = State.IN_SERVICE, State.EJECTED, State.ON_TRIAL


async def test_all_replicas_are_asked_about_equally():
    counts = chosen(a_fleet(3), 600)
    assert len(counts) == 3
    assert min(counts.values()) > 150


async def test_the_one_with_fewer_calls_in_flight_is_asked():
    fleet = a_fleet(2)
    fleet.replicas.replicas[0].in_flight = 3
    assert chosen(fleet) == {"host:1": 200}


async def test_a_replica_that_is_not_ready_is_not_asked():
    fleet = a_fleet(3)
    fleet.transports[1].ready = False
    assert set(chosen(fleet)) == {"host:0", "host:2"}


async def test_an_extra_call_goes_to_another_replica_in_service_or_to_nobody():
    fleet = a_fleet(2)
    first, second = fleet.replicas.replicas
    assert fleet.replicas.choose(but=(first,)) is second
    fleet.transports[1].ready = False
    assert fleet.replicas.choose(but=(first,)) is None


async def test_who_fails_again_and_again_is_ejected():
    fleet = a_fleet(2)
    fail(fleet, 0, FAILURES_IN_ROW - 1)
    assert states(fleet) == [IN, IN]
    fail(fleet, 0, 1)
    assert states(fleet) == [OUT, IN]
    assert chosen(fleet) == {"host:1": 200}
    assert ejections(fleet, 0, "failing") == 1
    assert fleet.metrics.gauge(EJECTED_REPLICAS, "shard")._value.get() == 0.5


async def test_a_good_answer_in_between_saves_it():
    fleet = a_fleet(2)
    for _ in range(5):
        fail(fleet, 0, FAILURES_IN_ROW - 1)
        fleet.replicas.note(fleet.replicas.replicas[0], Outcome.GOOD, 0.001)
    assert states(fleet) == [IN, IN]


async def test_refusals_and_early_cancels_say_nothing():
    fleet = a_fleet(2)
    for _ in range(100):
        fleet.replicas.note(fleet.replicas.replicas[0], Outcome.NEUTRAL, 9.0)
    assert states(fleet) == [IN, IN]
    assert fleet.replicas.replicas[0].latency.p95_s is None


async def test_when_all_fail_alike_nobody_is_to_blame():
    fleet = a_fleet(2)
    for _ in range(100):
        fail(fleet, 0, 3)
        fail(fleet, 1, 3)
    assert states(fleet) == [IN, IN]


@pytest.mark.parametrize(("count", "limit"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
async def test_never_more_than_half_are_ejected(count, limit):
    fleet = a_fleet(count)
    for number in range(count):
        fail(fleet, number, 50)
    assert states(fleet).count(OUT) == limit


async def test_failures_all_in_one_moment_are_no_reason():
    fleet = a_fleet(2)
    for _ in range(100):
        fleet.replicas.note(fleet.replicas.replicas[0], Outcome.FAILED, 0.001)
    assert states(fleet) == [IN, IN]


def answer_slowly(fleet, number, seconds, times):
    for _ in range(times):
        fleet.clock.pass_s(0.1)
        fleet.replicas.note(fleet.replicas.replicas[number], Outcome.GOOD, seconds)


async def test_who_is_far_slower_than_the_others_every_time_is_ejected_like_who_fails():
    fleet = a_fleet(3)
    fleet.learn(0.010, 0.012, 0.010)
    answer_slowly(fleet, 2, 0.200, FAILURES_IN_ROW)
    assert states(fleet) == [IN, IN, OUT]


async def test_who_is_a_little_slower_is_not():
    fleet = a_fleet(2)
    fleet.learn(0.001, 0.001)
    answer_slowly(fleet, 1, 0.010, 200)
    assert states(fleet) == [IN, IN]


def answer_slowly_every_tenth_time(fleet, number, times):
    for call in range(times):
        seconds = 0.200 if call % 10 == 0 else 0.010
        fleet.replicas.note(fleet.replicas.replicas[number], Outcome.GOOD, seconds)


async def test_who_is_far_slower_now_and_then_is_ejected_for_its_p95():
    fleet = a_fleet(2)
    fleet.learn(0.010, 0.010)
    answer_slowly_every_tenth_time(fleet, 1, 10 * SIZE)
    assert states(fleet) == [IN, OUT]
    assert ejections(fleet, 1, "slow") == 1


async def test_one_bad_moment_is_not_enough_for_that():
    fleet = a_fleet(2)
    fleet.learn(0.010, 0.010)
    answer_slowly_every_tenth_time(fleet, 1, SIZE // 2)
    for _ in range(10 * SIZE):
        fleet.replicas.note(fleet.replicas.replicas[1], Outcome.GOOD, 0.010)
    assert states(fleet) == [IN, IN]


async def ejected(fleet):
    fail(fleet, 0)
    assert states(fleet)[0] is OUT


async def test_after_a_second_it_is_on_trial_with_one_call_in_twenty():
    fleet = a_fleet(2)
    await ejected(fleet)
    fleet.clock.pass_s(0.9)
    await settle()
    assert states(fleet)[0] is OUT
    fleet.clock.pass_s(0.2)
    await settle()
    assert states(fleet)[0] is TRIAL
    assert chosen(fleet, 10 * CALLS_PER_TRIAL)["host:0"] == 10


async def test_on_trial_it_has_one_call_at_a_time():
    fleet = a_fleet(2)
    await ejected(fleet)
    fleet.clock.pass_s(1.1)
    await settle()
    fleet.replicas.replicas[0].in_flight = 1
    assert chosen(fleet)["host:0"] == 0


async def test_good_answers_bring_it_back():
    fleet = a_fleet(2)
    await ejected(fleet)
    fleet.clock.pass_s(1.1)
    await settle()
    for _ in range(TRIAL_CALLS):
        fleet.replicas.note(fleet.replicas.replicas[0], Outcome.GOOD, 0.001)
    assert states(fleet) == [IN, IN]
    assert len(chosen(fleet)) == 2
    assert fleet.metrics.gauge(EJECTED_REPLICAS, "shard")._value.get() == 0.0


@pytest.mark.parametrize(("outcome", "took_s"), [(Outcome.FAILED, 0.001), (Outcome.GOOD, 0.2)])
async def test_a_bad_or_slow_answer_ends_the_trial_and_the_next_ejection_is_longer(outcome, took_s):
    fleet = a_fleet(2)
    fleet.learn(0.001, 0.001)
    await ejected(fleet)
    fleet.clock.pass_s(1.1)
    await settle()
    fleet.replicas.note(fleet.replicas.replicas[0], outcome, took_s)
    assert states(fleet)[0] is OUT
    assert ejections(fleet, 0, "trial") == 1
    fleet.clock.pass_s(1.1)
    await settle()
    assert states(fleet)[0] is OUT
    fleet.clock.pass_s(1.0)
    await settle()
    assert states(fleet)[0] is TRIAL


async def test_who_does_not_tell_its_health_gets_no_request():
    fleet = a_fleet(2)
    fleet.transports[0].alive = False
    await ejected(fleet)
    for _ in range(5):
        fleet.clock.pass_s(60)
        await settle()
        assert states(fleet)[0] is OUT
    fleet.transports[0].alive = True
    fleet.clock.pass_s(60)
    await settle()
    assert states(fleet)[0] is TRIAL


async def test_an_ejection_long_ago_is_forgotten():
    fleet = a_fleet(2)
    for wait_s in (1.1, 100.0):
        await ejected(fleet)
        fleet.clock.pass_s(1.1)
        await settle()
        assert states(fleet)[0] is TRIAL
        for _ in range(TRIAL_CALLS):
            fleet.replicas.note(fleet.replicas.replicas[0], Outcome.GOOD, 0.001)
        fleet.clock.pass_s(100 * wait_s)


async def test_an_ejected_replica_is_better_than_none():
    fleet = a_fleet(2)
    fail(fleet, 0)
    fleet.transports[1].ready = False
    assert set(chosen(fleet)) == {"host:0"}


async def test_a_call_waits_for_a_replica_that_connects():
    fleet = a_fleet(2)
    for transport in fleet.transports:
        transport.ready, transport.connecting = False, True
    waiting = fleet.replicas.wait_for_one(fleet.clock.time() + 1)
    fleet.transports[1].ready = True
    assert (await waiting).transport.address == "host:1"


async def test_when_nobody_connects_the_call_fails_at_once():
    fleet = a_fleet(2, repeatable=Repeatable.NEVER)
    for transport in fleet.transports:
        transport.ready, transport.error = False, failure()
    with pytest.raises(grpc.aio.AioRpcError):
        await fleet.call()


async def test_a_name_without_addresses_is_an_unavailable_neighbour():
    fleet = a_fleet(0)
    with pytest.raises(DependencyError, match="shard: its name has led to no address yet"):
        await fleet.replicas.wait_for_one(fleet.clock.time())


async def test_who_is_removed_is_asked_no_more_and_its_number_is_free():
    fleet = a_fleet(2)
    fail(fleet, 0)
    fleet.replicas.remove(fleet.replicas.replicas[0])
    assert chosen(fleet) == {"host:1": 200}
    fleet.clock.pass_s(60)
    fleet.replicas.add(fleet.transports[0])
    assert [replica.index for replica in fleet.replicas.replicas] == [1, 0]


def share_out(fleet):
    return fleet.metrics.gauge(EJECTED_REPLICAS, "shard")._value.get()


async def test_a_replica_that_is_gone_is_out_of_service_for_nobody():
    fleet = a_fleet(2)
    fail(fleet, 0)
    assert share_out(fleet) == 0.5
    fleet.replicas.remove(fleet.replicas.replicas[0])
    assert share_out(fleet) == 0
    fleet.replicas.remove(fleet.replicas.replicas[0])
    assert share_out(fleet) == 0


async def test_how_calls_of_a_replica_that_is_gone_end_says_nothing():
    fleet = a_fleet(2)
    fail(fleet, 0)
    fleet.clock.pass_s(10.0)
    await settle()
    gone = fleet.replicas.replicas[0]
    assert gone.standing.state is TRIAL
    fleet.replicas.remove(gone)
    for outcome in (Outcome.FAILED, *[Outcome.GOOD] * TRIAL_CALLS):
        fleet.replicas.note(gone, outcome, 0.001)
    assert states(fleet) == [IN]
    assert share_out(fleet) == 0


async def test_failing_quickly_does_not_make_the_others_slow():
    fleet = a_fleet(2)
    for _ in range(10 * SIZE):
        fleet.replicas.note(fleet.replicas.replicas[0], Outcome.FAILED, 0.001)
        fleet.replicas.note(fleet.replicas.replicas[1], Outcome.GOOD, 0.025)
        fleet.clock.pass_s(0.0002)
    assert fleet.replicas.far_slower_s() > 0.025
    assert states(fleet)[1] is IN

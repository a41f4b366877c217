"""How long shards are waited for, on a clock that only the test moves."""

import asyncio

import numpy as np
import pytest

from candidate_gen.fan_out import GIVEN_UP_AFTER, WAITED_FOR_AGAIN, FanOut, Patience
from serving.contracts.shard import ShardAnswer
from serving.deadline import Deadline
from serving.errors import DeadlineError, DependencyError
from tests.serving.replicas.fakes import FakeClock, settle

NO_COLUMNS = {"item_id": np.empty(0, np.int64)}


class Shard:
    """Answers when it is told to; `held` shards are in its answer."""

    def __init__(self, held):
        self.held = held
        self.calls = []

    async def search(self, request, deadline):
        del request, deadline
        self.calls.append(asyncio.get_running_loop().create_future())
        return await self.calls[-1]

    async def lookup(self, *_):
        raise NotImplementedError("nothing is looked up")

    def answer(self):
        self.calls[-1].set_result([ShardAnswer(n, NO_COLUMNS, [], 0) for n in self.held])


class Ring:
    def __init__(self, count=4, patience=None):
        self.clock = FakeClock()
        self.shards = [Shard([number]) for number in range(count)]
        self.fan_out = FanOut(self.shards, patience, self.clock)

    async def asked(self, deadline_s=1.0):
        deadline = Deadline(self.clock.time() + deadline_s, self.clock.time)
        asking = asyncio.create_task(self.fan_out.ask(None, len(self.shards), deadline))
        await settle()
        return asking

    async def answer(self, *numbers, after_s=0.0):
        self.clock.pass_s(after_s)
        for number in numbers:
            self.shards[number].answer()
        await settle()

    def learn(self, p95_s):
        for _ in range(32):
            self.fan_out.latency.add(p95_s)


def whose(replies):
    return [None if isinstance(r, BaseException) else [a.shard for a in r] for r in replies]


async def test_when_all_have_answered_nobody_waits_longer():
    ring = Ring()
    asking = await ring.asked()
    await ring.answer(2, 0, 3, 1)
    assert whose(await asking) == [[0], [1], [2], [3]]
    assert [timer for timer in ring.clock.timers if not timer.is_cancelled] == []


async def test_before_half_have_answered_all_are_waited_for_until_the_deadline():
    ring = Ring()
    ring.learn(0.010)
    asking = await ring.asked()
    await ring.answer(0, after_s=0.001)
    ring.clock.pass_s(0.9)
    await settle()
    assert not asking.done()
    ring.clock.pass_s(0.1)
    assert whose(await asking) == [[0], None, None, None]


async def test_after_half_the_rest_may_take_four_times_the_p95_since_the_start():
    ring = Ring()
    ring.learn(0.010)
    asking = await ring.asked()
    await ring.answer(0, 1, after_s=0.005)
    ring.clock.pass_s(0.034)
    await settle()
    assert not asking.done()
    await ring.answer(2)
    ring.clock.pass_s(0.002)
    replies = await asking
    assert whose(replies) == [[0], [1], [2], None]
    assert isinstance(replies[3], DeadlineError)


async def test_without_a_past_the_rest_may_take_half_of_what_is_left():
    ring = Ring()
    asking = await ring.asked(deadline_s=1.0)
    await ring.answer(0, 1, after_s=0.2)
    ring.clock.pass_s(0.39)
    await settle()
    assert not asking.done()
    ring.clock.pass_s(0.02)
    assert whose(await asking) == [[0], [1], None, None]


async def test_when_all_are_slower_than_ever_the_rest_may_take_twice_as_long_as_the_first():
    ring = Ring()
    ring.learn(0.001)
    asking = await ring.asked(deadline_s=1.0)
    await ring.answer(0, 1, after_s=0.100)
    ring.clock.pass_s(0.099)
    await settle()
    assert not asking.done()
    ring.clock.pass_s(0.002)
    assert whose(await asking) == [[0], [1], None, None]


async def test_how_much_must_have_answered_can_be_set():
    ring = Ring(patience=Patience(coverage=0.75))
    ring.learn(0.010)
    asking = await ring.asked()
    await ring.answer(0, 1, after_s=0.001)
    ring.clock.pass_s(0.5)
    await settle()
    assert not asking.done()
    await ring.answer(2)
    ring.clock.pass_s(0.51)
    assert whose(await asking) == [[0], [1], [2], None]


async def test_coverage_counts_shards_not_processes():
    ring = Ring(2)
    ring.shards[0].held = [0]
    ring.learn(0.010)
    ring.fan_out = FanOut([Shard([0, 1, 2]), Shard([3])], timers=ring.clock)
    ring.shards = list(ring.fan_out._clients)
    deadline = Deadline(ring.clock.time() + 1.0, ring.clock.time)
    asking = asyncio.create_task(ring.fan_out.ask(None, 8, deadline))
    await settle()
    await ring.answer(0, after_s=0.001)
    ring.clock.pass_s(0.9)
    await settle()
    assert not asking.done()
    asking.cancel()


async def test_who_is_left_behind_is_cancelled():
    ring = Ring()
    ring.learn(0.010)
    asking = await ring.asked()
    await ring.answer(0, 1, 2, after_s=0.005)
    ring.clock.pass_s(0.05)
    await asking
    await settle()
    assert ring.shards[3].calls[0].cancelled()


async def test_a_failure_is_an_answer_that_covers_nothing():
    ring = Ring()
    ring.learn(0.010)
    asking = await ring.asked()
    ring.shards[0].calls[0].set_exception(DependencyError("away"))
    await ring.answer(1, 2, 3)
    replies = await asking
    assert whose(replies) == [None, [1], [2], [3]]
    assert isinstance(replies[0], DependencyError)


async def late_rounds(ring, count):
    for _ in range(count):
        asking = await ring.asked()
        await ring.answer(0, 1, 2, after_s=0.005)
        ring.clock.pass_s(1.0)
        await asking


async def test_who_is_late_again_and_again_is_waited_for_only_now_and_then():
    ring = Ring()
    ring.learn(0.010)
    await late_rounds(ring, GIVEN_UP_AFTER)
    waited = []
    for _ in range(WAITED_FOR_AGAIN):
        asking = await ring.asked()
        await ring.answer(0, 1, 2, after_s=0.005)
        waited.append(not asking.done())
        ring.clock.pass_s(1.0)
        await asking
    assert waited == [False] * (WAITED_FOR_AGAIN - 1) + [True]
    assert len(ring.shards[3].calls) == GIVEN_UP_AFTER + WAITED_FOR_AGAIN


async def test_who_is_in_time_again_is_waited_for_again():
    ring = Ring()
    ring.learn(0.010)
    await late_rounds(ring, GIVEN_UP_AFTER)
    asking = await ring.asked()
    await ring.answer(0, 3, 1, 2)
    assert whose(await asking) == [[0], [1], [2], [3]]
    asking = await ring.asked()
    await ring.answer(0, 1, 2, after_s=0.005)
    assert not asking.done()
    await ring.answer(3)
    await asking


async def test_without_enough_of_the_others_even_the_late_one_is_waited_for():
    ring = Ring()
    ring.learn(0.010)
    await late_rounds(ring, GIVEN_UP_AFTER)
    asking = await ring.asked()
    for number in (0, 1, 2):
        ring.shards[number].calls[-1].set_exception(DependencyError("away"))
    await settle()
    assert not asking.done()
    await ring.answer(3)
    assert whose(await asking) == [None, None, None, [3]]


async def test_who_gives_up_cancels_every_search():
    ring = Ring()
    asking = await ring.asked()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await settle()
    assert all(shard.calls[0].cancelled() for shard in ring.shards)

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.admission.concurrency_limit import ConcurrencyLimit

NO_LOAD_MS = 10.0


def learn(limit: ConcurrencyLimit, elapsed_ms: float, running: int, calls: int = 300) -> None:
    for _ in range(calls):
        limit.observe(elapsed_ms, running)


def rested_limit(minimum: int = 2, maximum: int = 100) -> ConcurrencyLimit:
    """One that knows what a call takes on an idle server."""
    limit = ConcurrencyLimit(minimum, maximum)
    learn(limit, NO_LOAD_MS, running=1)
    return limit


def shared_processor(limit: ConcurrencyLimit, calls: int = 500) -> None:
    """Calls of a service where all share one processor, as many as the limit lets in."""
    for _ in range(calls):
        limit.observe(NO_LOAD_MS * limit.value, limit.value)


def test_calls_that_share_one_processor_end_up_few_at_a_time():
    limit = rested_limit()
    shared_processor(limit)
    assert 2 <= limit.value <= 4


def test_calls_that_take_no_longer_together_raise_the_limit_to_the_maximum():
    limit = rested_limit(maximum=40)
    for _ in range(500):
        limit.observe(NO_LOAD_MS, limit.value)
    assert limit.value == 40


def test_the_limit_settles_where_calls_begin_to_wait_for_one_another():
    limit = rested_limit()
    for _ in range(2_000):  # twenty fit; more only take longer
        limit.observe(NO_LOAD_MS * max(1.0, limit.value / 20), limit.value)
    assert 20 <= limit.value <= 40


def test_few_calls_do_not_raise_the_limit():
    limit = rested_limit()
    before = limit.value
    learn(limit, NO_LOAD_MS, running=1)
    assert limit.value == before


def test_the_limit_recovers_when_calls_are_quick_again():
    limit = rested_limit(maximum=40)
    for _ in range(300):
        limit.observe(50 * NO_LOAD_MS, limit.value)
    assert limit.value == 2
    for _ in range(500):
        limit.observe(NO_LOAD_MS, limit.value)
    assert limit.value == 40


def test_calls_that_become_dearer_for_good_do_not_keep_the_limit_down():
    limit = rested_limit()
    for _ in range(3_000):  # four times dearer, and never idle again
        limit.observe(4 * NO_LOAD_MS * limit.value, limit.value)
    assert limit.no_load_ms == pytest.approx(4 * NO_LOAD_MS, rel=0.1)


def test_a_slow_first_call_in_a_crowd_is_forgotten():
    limit = ConcurrencyLimit(2, 100)
    limit.observe(50 * NO_LOAD_MS, 1)
    shared_processor(limit, 1_000)
    assert limit.value <= 10


@given(st.lists(st.tuples(st.floats(0.01, 10_000), st.integers(1, 300)), max_size=200))
def test_the_limit_stays_between_its_bounds_whatever_happens(calls):
    limit = ConcurrencyLimit(2, 30)
    for elapsed_ms, running in calls:
        limit.observe(elapsed_ms, running)
        assert 2 <= limit.value <= 30
        assert math.isfinite(limit.no_load_ms)
        assert limit.no_load_ms >= 0


def test_a_minimum_above_the_maximum_wins():
    assert ConcurrencyLimit(5, 1).value == 5

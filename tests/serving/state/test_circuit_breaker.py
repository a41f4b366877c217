import pytest

from serving.state.circuit_breaker import CircuitBreaker


class HandClock:
    """A clock that moves only when told to, in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(max_failures=3, patience_s=0.1, probe_every_s=0.5, clock=clock)


def fail_until_open(breaker, clock):
    for _ in range(3):
        breaker.failed()
        clock.now += 0.06


def test_opens_when_failures_go_on(breaker, clock):
    fail_until_open(breaker, clock)
    assert breaker.is_open
    assert not breaker.admits()


def test_failures_of_one_instant_do_not_open_it(breaker):
    for _ in range(50):
        breaker.failed()
    assert breaker.admits()


def test_one_success_starts_the_count_anew(breaker, clock):
    for _ in range(10):
        breaker.failed()
        breaker.failed()
        clock.now += 1.0
        breaker.succeeded()
    assert breaker.admits()


def test_admits_one_probe_per_interval(breaker, clock):
    fail_until_open(breaker, clock)
    clock.now += 0.5
    assert [breaker.admits() for _ in range(5)] == [True, False, False, False, False]
    clock.now += 0.5
    assert breaker.admits()  # the first probe was cancelled and never reported


def test_a_successful_probe_closes_it(breaker, clock):
    fail_until_open(breaker, clock)
    clock.now += 0.5
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits(), breaker.admits()] == [True, True]


def test_a_failed_probe_keeps_it_open(breaker, clock):
    fail_until_open(breaker, clock)
    clock.now += 0.5
    assert breaker.admits()
    clock.now += 0.4
    breaker.failed()
    clock.now += 0.4
    assert not breaker.admits()

import pytest

from serving.deadline import Deadline
from serving.errors import DeadlineError
from tests.serving.fixed_clock import FixedMonotonic


class CallWith:
    """A servicer context whose caller waits this long."""

    def __init__(self, remaining_s: float | None) -> None:
        self.remaining_s = remaining_s

    def time_remaining(self) -> float | None:
        return self.remaining_s


@pytest.fixture
def monotonic() -> FixedMonotonic:
    return FixedMonotonic()


def of_call(monotonic, remaining_s, **given):
    return Deadline.of_call(CallWith(remaining_s), monotonic=monotonic, **given)


def test_runs_down_with_the_monotonic_clock(monotonic):
    deadline = Deadline.after_ms(100, monotonic)
    monotonic.time_s += 0.03
    assert deadline.remaining_ms() == pytest.approx(70)
    assert deadline.remaining_s() == pytest.approx(0.07)


def test_is_never_negative(monotonic):
    deadline = Deadline.after_ms(100, monotonic)
    monotonic.time_s += 5
    assert deadline.remaining_ms() == 0.0


def test_keeps_a_reserve_from_what_the_caller_waits(monotonic):
    assert of_call(monotonic, 0.2, reserve_ms=15).remaining_ms() == pytest.approx(185)


def test_a_caller_without_a_deadline_gets_the_default(monotonic):
    assert of_call(monotonic, None).remaining_ms() == pytest.approx(150)
    assert of_call(monotonic, None, default_ms=40).remaining_ms() == pytest.approx(40)


def test_an_earlier_deadline_leaves_time_for_what_follows(monotonic):
    assert Deadline.after_ms(100, monotonic).earlier_by(30).remaining_ms() == pytest.approx(70)


def test_the_sooner_of_two_limits_counts(monotonic):
    deadline = Deadline.after_ms(100, monotonic)
    assert deadline.at_most(20).remaining_ms() == pytest.approx(20)
    assert deadline.at_most(500).remaining_ms() == pytest.approx(100)


def test_goes_on_with_exactly_enough_time():
    Deadline(1_000.0, lambda: 999.5).require(500)


def test_refuses_to_go_on_with_too_little_time(monotonic):
    deadline = Deadline.after_ms(100, monotonic)
    monotonic.time_s += 0.0975
    with pytest.raises(DeadlineError, match=r"2\.5 ms left, at least 5 ms needed"):
        deadline.require(5)

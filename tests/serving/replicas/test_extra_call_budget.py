from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.replicas.extra_call_budget import BURST, KEPT_FOR_RETRIES, ExtraCallBudget


def spent(spend):
    count = 0
    while spend():
        count += 1
    return count


def test_a_new_budget_has_a_burst_of_retries():
    budget = ExtraCallBudget(0.05)
    assert spent(budget.spend_on_retry) == BURST


def test_hedges_leave_something_for_retries():
    budget = ExtraCallBudget(0.05)
    assert spent(budget.spend_on_hedge) == BURST - KEPT_FOR_RETRIES
    assert spent(budget.spend_on_retry) == KEPT_FOR_RETRIES


def test_a_quiet_time_saves_up_no_more_than_a_burst():
    budget = ExtraCallBudget(0.05)
    for _ in range(10_000):
        budget.earn()
    assert spent(budget.spend_on_retry) == BURST


def test_a_share_of_nothing_allows_nothing():
    budget = ExtraCallBudget(0.0)
    for _ in range(100):
        budget.earn()
    assert not budget.spend_on_retry()
    assert not budget.spend_on_hedge()


WISHES = st.sampled_from(["none", "hedge", "retry", "two retries"])


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0.0, 1.0), wishes=st.lists(WISHES, min_size=1, max_size=40))
def test_ten_thousand_calls_never_have_more_extra_calls_than_the_share_and_a_burst(share, wishes):
    budget, extra = ExtraCallBudget(share), 0
    for calls, wish in zip(range(1, 10_001), cycle(wishes), strict=False):
        budget.earn()
        if wish == "hedge":
            extra += budget.spend_on_hedge()
        for _ in range({"retry": 1, "two retries": 2}.get(wish, 0)):
            extra += budget.spend_on_retry()
        assert extra <= share * calls + BURST + 1e-6

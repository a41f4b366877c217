from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.replicas.extra_call_budget import BURST, KEPT_FOR_NEED, ExtraCallBudget


def spent(budget, *, in_need):
    count = 0
    while budget.spend(in_need=in_need):
        count += 1
    return count


def test_a_new_budget_has_a_burst():
    budget = ExtraCallBudget(0.05)
    assert spent(budget, in_need=True) == BURST


def test_what_is_merely_slow_leaves_something_for_who_is_in_need():
    budget = ExtraCallBudget(0.05)
    assert spent(budget, in_need=False) == BURST - KEPT_FOR_NEED
    assert spent(budget, in_need=True) == KEPT_FOR_NEED


def test_a_quiet_time_saves_up_no_more_than_a_burst():
    budget = ExtraCallBudget(0.05)
    for _ in range(10_000):
        budget.earn()
    assert spent(budget, in_need=True) == BURST


def test_a_share_of_nothing_allows_nothing():
    budget = ExtraCallBudget(0.0)
    for _ in range(100):
        budget.earn()
    assert not budget.spend(in_need=True)
    assert not budget.spend(in_need=False)


WISHES = st.sampled_from(["none", "hedge", "retry", "two retries"])


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0.0, 1.0), wishes=st.lists(WISHES, min_size=1, max_size=40))
def test_ten_thousand_calls_never_have_more_extra_calls_than_the_share_and_a_burst(share, wishes):
    budget, extra = ExtraCallBudget(share), 0
    for calls, wish in zip(range(1, 10_001), cycle(wishes), strict=False):
        budget.earn()
        if wish == "hedge":
            extra += budget.spend(in_need=False)
        for _ in range({"retry": 1, "two retries": 2}.get(wish, 0)):
            extra += budget.spend(in_need=True)
        assert extra <= share * calls + BURST + 1e-6

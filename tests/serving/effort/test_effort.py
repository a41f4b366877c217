"""How wide stages work: by what they cost of late and the time that is left."""

import pytest

from serving.effort.rung import Rung
from serving.effort.stage_costs import StageCosts
from serving.effort.width import CANDIDATES, FULL_WIDTH, PROBES, width_for


def test_costs_follow_what_is_measured():
    costs = StageCosts({"search": 10.0, "rank": 4.0})
    for _ in range(200):
        costs.note("search", 20.0)
    assert costs.sum_ms(["search", "rank"]) == pytest.approx(24.0, abs=0.1)


def test_what_was_measured_narrowed_counts_as_what_it_costs_in_full():
    costs = StageCosts({"search": 10.0})
    for _ in range(100):
        costs.note("search", 2.5, share=0.25)
    assert costs.sum_ms(["search"]) == pytest.approx(10.0)


def test_one_stalled_request_hardly_counts():
    costs = StageCosts({"search": 10.0})
    costs.note("search", 5_000.0)
    assert costs.sum_ms(["search"]) == pytest.approx(11.5)


def test_many_slow_requests_count_however_slow():
    costs = StageCosts({"search": 1.0})
    for _ in range(100):
        costs.note("search", 500.0)
    assert costs.sum_ms(["search"]) > 400


def test_a_cost_that_went_up_comes_down_again():
    costs = StageCosts({"search": 400.0})
    for _ in range(120):
        costs.note("search", 10.0)
    assert costs.sum_ms(["search"]) < 12


def test_stages_that_nobody_plans_by_are_left_out():
    costs = StageCosts({"search": 10.0})
    costs.note("query", 3.0)
    with pytest.raises(KeyError):
        costs.sum_ms(["query"])


@pytest.mark.parametrize(
    ("remaining_ms", "name"),
    [(150, ""), (15, ""), (14.9, "probes:half"), (7.5, "probes:half"), (7.4, "probes:quarter")],
)
def test_less_time_means_less_work(remaining_ms, name):
    assert width_for(PROBES, remaining_ms, rest_ms=10.0).name == name


def test_with_no_time_at_all_it_is_the_narrowest():
    assert width_for(CANDIDATES, 0.0, rest_ms=10.0).name == "candidates:150"


def test_what_costs_nothing_is_done_in_full():
    assert width_for(PROBES, 0.0, rest_ms=0.0) is FULL_WIDTH


@pytest.mark.parametrize("rung", Rung)
def test_every_rung_has_its_word(rung):
    assert Rung.of_word(rung.word) is rung

"""Models and rules that are switched off, and a main ranker there is no time for."""

from dataclasses import fields

import numpy as np
import pytest

from ranker.diversity import DiversitySettings, select_diverse
from ranker.models import Models
from ranker.ranking import rank_candidates
from ranker.switching import RULES, SWITCHES, without_rules
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock
from serving.switches.switches import ALL_ON, Switched
from tests.ranker.model_use import a_model_use
from tests.ranker.requests import a_request, candidates, listable
from tests.ranker.test_rungs import ONE_HEAD, PLAIN, FixedModel

PRE_RANKER, MAIN_RANKER = [0.2, 0.3, 0.1], [0.1, 0.9, 0.5]
"""Of items 7, 8 and 9: the first would show 8, 7, 9; the second of these puts 7 first."""


def ranked(switched=ALL_ON, settings=PLAIN, *, left_ms=10_000.0, **changes):
    request = a_request(candidates([7, 8, 9], source_score=[0.1, 0.2, 0.3]), **changes)
    models = Models(FixedModel(PRE_RANKER), FixedModel(MAIN_RANKER), ONE_HEAD, "1")
    metrics = Metrics()
    model_use = a_model_use(request, metrics, switched, left_ms=left_ms)
    clock = StageClock(request.receipt, metrics)
    ranking = rank_candidates(request, models, settings, clock, model_use)
    return request.candidates["item_id"][ranking.rows].tolist(), request.receipt


def off(*keys):
    return Switched(frozenset(keys))


def test_without_the_main_ranker_the_pre_rankers_order_stands():
    items, receipt = ranked(off("model:main_ranker"))
    assert items == [8, 7, 9]
    assert receipt.degraded_reasons == ["switched_off:model:main_ranker"]


def test_only_models_whose_scores_were_taken_are_told():
    _, receipt = ranked()
    assert set(receipt.models) == {"pre_ranker", "ranker", "value_model"}
    for switched, changes in (
        (off("model:main_ranker"), {}),
        (ALL_ON, {"without_main_ranker": True}),
        (ALL_ON, {"left_ms": 5.0}),
    ):
        _, receipt = ranked(switched, **changes)
        assert receipt.models == {"pre_ranker": "fixed"}


def test_without_any_model_the_order_of_retrieval_stands():
    items, receipt = ranked(off("model:main_ranker", "model:pre_ranker"))
    assert items == [9, 8, 7]
    assert receipt.models == {}
    assert len(receipt.degraded_reasons) == 2


def test_a_request_may_do_without_the_main_ranker():
    items, receipt = ranked(without_main_ranker=True)
    assert items == [8, 7, 9]
    assert (receipt.narrowed, receipt.degraded_reasons) == (["main_ranker"], ["narrowed"])


def test_the_main_ranker_is_left_out_where_its_time_is_up():
    items, receipt = ranked(left_ms=5.0)
    assert items == [8, 7, 9]
    assert receipt.narrowed == ["main_ranker"]


def test_a_rule_that_is_off_is_told():
    _, receipt = ranked(off("rule:likeness"))
    assert receipt.degraded_reasons == ["switched_off:rule:likeness"]


def test_every_limit_of_a_list_belongs_to_a_rule():
    settings = DiversitySettings(min_categories=8)
    bare = without_rules(settings, frozenset(RULES))
    auxiliary = {"category_window", "opening_places"}
    changed = {
        f.name for f in fields(settings) if getattr(settings, f.name) != getattr(bare, f.name)
    }
    assert changed == {f.name for f in fields(settings)} - auxiliary


@pytest.mark.parametrize("count", [1, 20])
def test_without_rules_a_list_goes_by_score_alone(count):
    values, ones = np.arange(30, dtype=np.float32), np.ones(30)
    columns = listable(np.arange(30), ones * 5, ones * 3, ones, np.ones((30, 2)), ones * 0)
    bare = without_rules(DiversitySettings(), frozenset(RULES))
    chosen = select_diverse(values, np.arange(30), columns, count, bare)
    assert chosen.tolist() == list(range(29, 29 - count, -1))


def test_what_keeps_sensitive_items_from_the_top_is_a_matter_of_safety():
    assert [switch.key for switch in SWITCHES if switch.is_safety] == ["rule:sensitive_on_top"]

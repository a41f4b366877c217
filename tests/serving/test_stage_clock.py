import time

import pytest

from serving.contracts.receipt import Receipt
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock


@pytest.fixture
def receipt():
    return Receipt()


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def clock(receipt, metrics):
    return StageClock(receipt, metrics)


def stages(receipt):
    return [(stage.name, stage.count_in, stage.count_out) for stage in receipt.stages]


def sample(metrics, name, stage):
    return metrics.registry.get_sample_value(name, {"stage": stage})


def test_a_stage_passes_on_what_it_was_given_unless_it_says_otherwise(clock, receipt):
    with clock.stage("features", 500):
        pass
    with clock.stage("pre_ranker", 500) as passed:
        passed.append(200)
    assert stages(receipt) == [("features", 500, 500), ("pre_ranker", 500, 200)]


def test_a_stage_that_fails_is_in_the_receipt_all_the_same(clock, receipt):
    with pytest.raises(ZeroDivisionError), clock.stage("main_ranker", 200):
        _ = 1 / 0
    assert stages(receipt) == [("main_ranker", 200, 200)]


def test_stages_are_counted_in_the_metrics_by_name(clock, metrics):
    for given, kept in ((500, 200), (300, 100)):
        with clock.stage("pre_ranker", given) as passed:
            passed.append(kept)
    assert sample(metrics, "feedrank_stage_in_candidates_sum", "pre_ranker") == 800
    assert sample(metrics, "feedrank_stage_out_candidates_sum", "pre_ranker") == 300
    assert sample(metrics, "feedrank_stage_latency_ms_count", "pre_ranker") == 2


def test_time_is_counted_from_the_beginning_it_is_told(clock, receipt):
    clock.record("search", 0, 500, time.perf_counter() - 2)
    assert 2_000 <= receipt.stages[0].ms < 60_000

"""Stages in receipt and metrics; bounded calls."""

import asyncio
import time

import pytest

from candidate_gen.runner import Run, within
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.errors import DeadlineError, DependencyError
from serving.fallback_log import FallbackLog
from serving.metrics import DEFAULTED_COLUMNS, FILTERED, STAGE_FAILURES, STAGE_IN, STAGE_OUT
from serving.metrics_recorder import Metrics


async def never():
    await asyncio.get_running_loop().create_future()


async def answer():
    return 42


async def refuse():
    raise DependencyError("away")


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def run(metrics):
    return Run(Receipt(), metrics, FallbackLog(metrics))


def soon() -> Deadline:
    return Deadline.after_ms(2_000)


def test_a_stage_counts_what_goes_in_and_out(run, metrics):
    run.record("age", 10, 7, time.perf_counter())
    (stage,) = run.receipt.stages
    assert (stage.name, stage.count_in, stage.count_out) == ("age", 10, 7)
    assert stage.ms >= 0
    assert metrics.histogram(STAGE_IN, "age").total == 10
    assert metrics.histogram(STAGE_OUT, "age").total == 7


def test_a_filter_counts_what_it_dropped(run, metrics):
    run.record_filter("age", 10, 7, time.perf_counter())
    run.record_filter("age", 7, 7, time.perf_counter())
    assert [(s.count_in, s.count_out) for s in run.receipt.stages] == [(10, 7), (7, 7)]
    assert metrics.counter(FILTERED, "age")._value.get() == 3


def test_defaulted_columns_are_in_receipt_and_metrics(run, metrics):
    run.default_columns("is_friend", "same_group")
    assert run.receipt.defaulted_columns == ["is_friend", "same_group"]
    assert metrics.counter(DEFAULTED_COLUMNS, "is_friend")._value.get() == 1


def test_the_largest_lag_stays(run):
    for messages in (3, 9, 4):
        run.note_lag(messages)
    assert run.receipt.bus_lag_messages == 9


async def test_an_answer_in_time_is_passed_on(run):
    assert await run.attempt("graph", answer, soon()) == 42


async def test_a_failure_is_none_and_counted_by_cause(run, metrics):
    assert await run.attempt("graph", refuse, soon()) is None
    assert metrics.counter(STAGE_FAILURES, "graph", "DependencyError")._value.get() == 1


async def test_a_late_answer_is_none_and_counted(run, metrics):
    assert await run.attempt("graph", never, Deadline.after_ms(1)) is None
    assert metrics.counter(STAGE_FAILURES, "graph", "DeadlineError")._value.get() == 1


async def test_within_says_how_long_it_waited():
    with pytest.raises(DeadlineError, match=r"no answer within \d\.\d ms"):
        await within(never(), Deadline.after_ms(1))

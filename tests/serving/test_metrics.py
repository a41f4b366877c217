import re
from collections import Counter

import pytest
from prometheus_client import generate_latest

from serving import metrics as listed
from serving.metrics import METRICS, Metric
from serving.metrics_recorder import Metrics

UNITS = ("_ms", "_bytes", "_ratio", "_calls", "_candidates", "_messages")

VISITS = Metric("feedrank_visits_total", "counter", ("place",), "visits")
SPEED = Metric("feedrank_speed_ms", "histogram", (), "speed", (1.0, 10.0))
DEPTH = Metric("feedrank_depth_messages", "gauge", (), "depth")


def value_of(metrics: Metrics, line: str) -> str | None:
    found = re.search(
        rf"^{re.escape(line)} (.*)$", generate_latest(metrics.registry).decode(), re.M
    )
    return found.group(1) if found else None


def test_every_metric_that_is_defined_is_listed_once():
    defined = [value for value in vars(listed).values() if isinstance(value, Metric)]
    assert Counter(metric.name for metric in METRICS) == {metric.name: 1 for metric in defined}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_tell_kind_and_unit(metric):
    assert re.fullmatch(r"feedrank(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total" if metric.kind == "counter" else UNITS)
    assert metric.meaning


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_histograms_alone_have_buckets_and_they_grow(metric):
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_no_label_holds_an_id(metric):
    assert not [label for label in metric.labels if label.endswith("id")]


def test_counts_per_label_value():
    metrics = Metrics([VISITS])
    for place in ("north", "north", "south"):
        metrics.counter(VISITS, place).inc()
    assert value_of(metrics, 'feedrank_visits_total{place="north"}') == "2.0"
    assert value_of(metrics, 'feedrank_visits_total{place="south"}') == "1.0"


def test_sets_and_observes():
    metrics = Metrics([SPEED, DEPTH])
    metrics.gauge(DEPTH).set(7)
    metrics.histogram(SPEED).observe(5)
    assert value_of(metrics, "feedrank_depth_messages") == "7.0"
    assert value_of(metrics, 'feedrank_speed_ms_bucket{le="1.0"}') == "0.0"
    assert value_of(metrics, 'feedrank_speed_ms_bucket{le="10.0"}') == "1.0"


def test_the_same_child_is_fetched_again():
    metrics = Metrics([VISITS])
    assert metrics.counter(VISITS, "north") is metrics.counter(VISITS, "north")


def test_recorders_do_not_share_counts():
    first, second = Metrics([VISITS]), Metrics([VISITS])
    first.counter(VISITS, "north").inc()
    assert value_of(second, 'feedrank_visits_total{place="north"}') is None


@pytest.mark.parametrize("labels", [(), ("north", "south")])
def test_a_wrong_number_of_labels_is_named(labels):
    with pytest.raises(ValueError, match="feedrank_visits_total takes labels"):
        Metrics([VISITS]).counter(VISITS, *labels)


def test_a_wrong_kind_is_named():
    with pytest.raises(ValueError, match="feedrank_visits_total is a counter, not a gauge"):
        Metrics([VISITS]).gauge(VISITS, "north")

import re
from collections import Counter
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from serving import metrics as listed
from serving.bus.counters import BusCounters
from serving.metrics import METRICS, Metric
from serving.metrics_recorder import Metrics
from serving.state.circuit_breaker import CircuitBreaker
from serving.state.state_counters import StateCounters
from serving.store_metrics import follow_bus, follow_state

PACKAGES = ("serving", "ann_shards", "candidate_gen", "feed_assembly", "ranker", "social_graph")
UNITS = ("_ms", "_bytes", "_ratio", "_calls", "_candidates", "_messages", "_jobs")
COUNTED = ("_threads", "_tasks", "_open", "_info")

FOLDER = Path(listed.__file__).parent

VISITS = Metric("feedrank_visits_total", "counter", ("place",), "visits")
SPEED = Metric("feedrank_speed_ms", "histogram", (), "speed", (1.0, 10.0))
SEEN = Metric("feedrank_seen_total", "total", (), "seen")
WAITING = Metric("feedrank_waiting_jobs", "level", (), "waiting")
DEPTH = Metric("feedrank_depth_messages", "gauge", (), "depth")


def value_of(metrics: Metrics, line: str) -> str | None:
    found = re.search(
        rf"^{re.escape(line)} (.*)$", generate_latest(metrics.registry).decode(), re.M
    )
    return found.group(1) if found else None


def test_every_metric_that_is_defined_is_listed_once():
    files = [import_module(f"serving.metrics.{path.stem}") for path in FOLDER.glob("[a-z]*.py")]
    defined = [value for file in files for value in vars(file).values()]
    names = {value.name for value in defined if isinstance(value, Metric)}
    assert Counter(metric.name for metric in METRICS) == dict.fromkeys(names, 1)


def test_somebody_fills_every_metric_that_is_defined():
    root = FOLDER.parents[1]
    own = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    text = "".join(path.read_text() for path in own if path.parent != FOLDER)
    words = set(re.findall(r"[A-Z_]+", text))
    names = [name for name, value in vars(listed).items() if isinstance(value, Metric)]
    assert [name for name in names if name not in words] == []


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_tell_kind_and_unit(metric):
    assert re.fullmatch(r"feedrank(_[a-z]+)+", metric.name)
    assert metric.name.endswith(
        "_total" if metric.kind in ("counter", "total") else UNITS + COUNTED
    )
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


def test_a_bound_is_within_its_bucket_and_all_values_are_in_the_last():
    metrics = Metrics([SPEED])
    for speed in (1, 10, 11):
        metrics.histogram(SPEED).observe(speed)
    for bound, count in (("1.0", "1.0"), ("10.0", "2.0"), ("+Inf", "3.0")):
        assert value_of(metrics, f'feedrank_speed_ms_bucket{{le="{bound}"}}') == count
    assert value_of(metrics, "feedrank_speed_ms_count") == "3.0"
    assert value_of(metrics, "feedrank_speed_ms_sum") == "22.0"


def test_follows_a_total_that_is_counted_elsewhere():
    metrics, found = Metrics([SEEN]), [1, 2]
    metrics.follow(SEEN, lambda: len(found))
    assert value_of(metrics, "feedrank_seen_total") == "2.0"
    found.append(3)
    assert value_of(metrics, "feedrank_seen_total") == "3.0"


def test_follows_a_level_that_is_kept_elsewhere():
    metrics, waiting = Metrics([WAITING]), [1, 2]
    metrics.follow(WAITING, lambda: len(waiting))
    waiting.pop()
    assert value_of(metrics, "feedrank_waiting_jobs") == "1.0"


def test_an_open_breaker_is_told():
    now_s = 0.0
    breaker = CircuitBreaker(max_failures=1, patience_s=0.0, clock=lambda: now_s)
    metrics = Metrics()
    follow_state(metrics, StateCounters(breaker=breaker))
    assert value_of(metrics, "feedrank_state_breaker_open") == "0.0"
    breaker.failed()
    assert value_of(metrics, "feedrank_state_breaker_open") == "1.0"


def test_a_total_is_followed_once_and_nothing_else_is_followed():
    metrics = Metrics([SEEN, VISITS])
    metrics.follow(SEEN, lambda: 0)
    with pytest.raises(ValueError, match="feedrank_seen_total is followed already"):
        metrics.follow(SEEN, lambda: 0)
    with pytest.raises(ValueError, match="feedrank_visits_total is a counter, not a total"):
        metrics.follow(VISITS, lambda: 0)


@pytest.mark.parametrize(
    ("follow", "counters"), [(follow_bus, BusCounters()), (follow_state, StateCounters())]
)
def test_everything_a_store_counts_is_published(follow, counters):
    metrics = Metrics()
    follow(metrics, counters)
    totals = [field for field in fields(counters) if field.type is int]
    for number, field in enumerate(totals, start=1):
        setattr(counters, field.name, number)
    page = generate_latest(metrics.registry).decode()
    published = re.findall(r"^feedrank_(?:bus|state)_[a-z_]+_total (\d+)\.0$", page, re.M)
    assert sorted(map(int, published)) == list(range(1, len(totals) + 1))


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

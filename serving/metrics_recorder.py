"""Keeps the values of the metrics in `serving.metrics`.

Hot paths fetch a child once (`self._calls = metrics.counter(FEEDS, "stored")`) and then pay
less than a microsecond per `inc` or `observe`; a repeated fetch is one dictionary look-up.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from serving.histogram import Histogram, HistogramFamily
from serving.metrics import METRICS, Metric

Child = TypeVar("Child", Counter, Gauge, Histogram)


FOLLOWED = {"total": CounterMetricFamily, "level": GaugeMetricFamily}


class _Followed(Collector):
    def __init__(self, metric: Metric, read: Callable[[], float]) -> None:
        self._metric = metric
        self._read = read

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        metric = self._metric
        yield FOLLOWED[metric.kind](metric.name, metric.meaning, value=self._read())


class Metrics:
    """One recorder per process, with a registry of its own so that tests do not share counts."""

    def __init__(self, metrics: Iterable[Metric] = METRICS) -> None:
        self.registry = CollectorRegistry()
        self._families = {
            metric.name: self._register(metric) for metric in metrics if metric.kind not in FOLLOWED
        }
        self._followed: set[Metric] = set()
        self._children: dict[tuple[str, tuple[str, ...]], Counter | Gauge | Histogram] = {}

    def counter(self, metric: Metric, *label_values: str) -> Counter:
        """The counter with these label values; call `inc()` on it.

        Raises:
            ValueError: `metric` is no counter, or the number of label values is not its own.
        """
        return self._child(Counter, metric, label_values)

    def gauge(self, metric: Metric, *label_values: str) -> Gauge:
        """The gauge with these label values; call `set()` on it. Raises as `counter`."""
        return self._child(Gauge, metric, label_values)

    def histogram(self, metric: Metric, *label_values: str) -> Histogram:
        """The histogram with these label values; call `observe()` on it. Raises as `counter`."""
        return self._child(Histogram, metric, label_values)

    def follow(self, metric: Metric, read: Callable[[], float]) -> None:
        """Publish a total or level that somebody else keeps: `read` is called at each scrape.

        It is called from the thread of the metrics endpoint, so it reads one number and no more.

        Raises:
            ValueError: `metric` is neither, or is followed already.
        """
        if metric.kind not in FOLLOWED:
            raise ValueError(f"{metric.name} is a {metric.kind}, not a total or level")
        if metric in self._followed:
            raise ValueError(f"{metric.name} is followed already")
        self._followed.add(metric)
        self.registry.register(_Followed(metric, read))

    def _register(self, metric: Metric) -> Counter | Gauge | HistogramFamily:
        name, meaning, labels = metric.name, metric.meaning, metric.labels
        if metric.kind == "counter":
            return Counter(name, meaning, labels, registry=self.registry)
        if metric.kind == "gauge":
            return Gauge(name, meaning, labels, registry=self.registry)
        family = HistogramFamily(metric)
        self.registry.register(family)
        return family

    def _child(self, kind: type[Child], metric: Metric, label_values: tuple[str, ...]) -> Child:
        child = self._children.get((metric.name, label_values))
        if child is None:
            family = self._families[metric.name]
            if len(label_values) != len(metric.labels):
                raise ValueError(
                    f"{metric.name} takes labels {metric.labels}, {label_values} given"
                )
            child = _child_of(family, label_values)
            self._children[metric.name, label_values] = child
        if not isinstance(child, kind):
            raise ValueError(f"{metric.name} is a {metric.kind}, not a {kind.__name__.lower()}")
        return child


def _child_of(
    family: Counter | Gauge | HistogramFamily, label_values: tuple[str, ...]
) -> Counter | Gauge | Histogram:
    if isinstance(family, HistogramFamily):
        return family.labels(*label_values)
    return family.labels(*label_values) if label_values else family

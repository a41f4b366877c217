"""Histograms that cost a few hundred nanoseconds per value: every request observes some fifty.

Those of `prometheus_client` take a lock and look for the bucket in a loop, ten times as long.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from serving.metrics import Metric


class Histogram:
    """Values counted by bucket. Observed in one thread, the event loop's; read from any."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """`bounds`: upper bounds, each within its bucket, ascending."""
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class HistogramFamily(Collector):
    """The histograms of one metric, one per label values, and how Prometheus reads them."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._bounds = [*map(str, metric.buckets), "+Inf"]
        self._children: dict[tuple[str, ...], Histogram] = {}
        if not metric.labels:
            self.labels()

    def labels(self, *label_values: str) -> Histogram:
        """The histogram of these label values, empty when it is new."""
        return self._children.setdefault(label_values, Histogram(self._metric.buckets))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        metric = self._metric
        family = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        for label_values, histogram in list(self._children.items()):
            counts = accumulate(histogram.counts.copy())
            buckets = list(zip(self._bounds, map(float, counts), strict=True))
            family.add_metric(label_values, buckets, histogram.total)
        yield family

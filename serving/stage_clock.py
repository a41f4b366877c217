"""Counts and times the stages of a request into its receipt and the metrics."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from serving.contracts.receipt import Receipt, StageCount
from serving.effort.stage_costs import StageCosts
from serving.metrics import STAGE_IN, STAGE_LATENCY, STAGE_OUT
from serving.metrics_recorder import Metrics
from serving.tracing.span import CURRENT


class StageMeters:
    """The histograms of one stage, looked up once per process: requests have a dozen stages."""

    __slots__ = ("_count_in", "_count_out", "_latency_ms")

    def __init__(self, metrics: Metrics, stage: str) -> None:
        self._count_in = metrics.histogram(STAGE_IN, stage)
        self._count_out = metrics.histogram(STAGE_OUT, stage)
        self._latency_ms = metrics.histogram(STAGE_LATENCY, stage)

    def observe(self, count_in: int, count_out: int, ms: float) -> None:
        self._count_in.observe(count_in)
        self._count_out.observe(count_out)
        self._latency_ms.observe(ms)


METERS: WeakKeyDictionary[Metrics, dict[str, StageMeters]] = WeakKeyDictionary()
"""By stage, of every recorder there is."""


class StageClock:
    """Belongs to one request."""

    def __init__(self, receipt: Receipt, metrics: Metrics, costs: StageCosts | None = None) -> None:
        """`costs` learn what each stage takes, where later requests are planned by that."""
        self._receipt = receipt
        self._metrics = metrics
        self._meters = METERS.setdefault(metrics, {})
        self._costs = costs

    @contextmanager
    def stage(self, name: str, count_in: int) -> Iterator[list[int]]:
        """Time the body; it puts the count that goes on into the list it is given."""
        count_out = [count_in]
        started = time.perf_counter()
        try:
            yield count_out
        finally:
            self.record(name, count_in, count_out[-1], started)

    def record(
        self,
        name: str,
        count_in: int,
        count_out: int,
        started_s: float,
        *,
        share: float | None = 1.0,
    ) -> None:
        """Note a stage that ends now and began at `started_s` of `time.perf_counter`.

        Args:
            share: Of its full work that was done; `None` where it failed, as then the time it took
                is not its cost.
        """
        ms = (time.perf_counter() - started_s) * 1_000
        self._receipt.stages.append(StageCount(name, count_in, count_out, ms))
        meters = self._meters.get(name)
        if meters is None:
            meters = self._meters[name] = StageMeters(self._metrics, name)
        meters.observe(count_in, count_out, ms)
        if self._costs is not None and share is not None:
            self._costs.note(name, ms, share)
        span = CURRENT.get()
        if span is not None:
            span.record(name, started_s, {"count_in": count_in, "count_out": count_out})

"""What a refused call is told, and how refusals are counted. They are many: nothing is logged."""

import random

from serving.errors import OverloadedError
from serving.metrics import ADMISSION_REFUSED
from serving.metrics_recorder import Metrics

RETRY_AFTER_MS = 500.0
"""Long enough for a short peak to pass."""

JITTER = 0.5
"""Refused together, callers must not come back together."""


class Refusals:
    """Of one kind of call."""

    def __init__(self, kind: str, metrics: Metrics) -> None:
        self._kind = kind
        self._metrics = metrics

    def error(self, reason: str) -> OverloadedError:
        """What to raise; counts it.

        Args:
            reason: `limit`, `deadline` or `yield`, a label of the metric.
        """
        self._metrics.counter(ADMISSION_REFUSED, self._kind, reason).inc()
        spread = random.uniform(1 - JITTER, 1 + JITTER)
        return OverloadedError("overloaded", retry_after_ms=round(RETRY_AFTER_MS * spread))

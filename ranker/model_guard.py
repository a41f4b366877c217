"""Leaves a model out for a while when too many of its scores could not be used.

Each such request falls back by itself; a model that fails every tenth time shows people an order
that changes at random, and one that fails always costs its time for nothing.
"""

import time
from collections import deque

import structlog

from serving.deadline import MonotonicSeconds
from serving.metrics import MODEL_SUSPENDED
from serving.metrics_recorder import Metrics

REMEMBERED = 200
JUDGED_FROM = 100
"""Requests before anything is concluded."""

MOST_UNUSABLE = 0.1
SUSPENDED_S = 30.0
TRIALS = 20
"""Requests in a row that must succeed after a suspension; one that fails suspends it again."""

log = structlog.get_logger()


class ModelGuard:
    """Judges one model of this process."""

    def __init__(
        self, model: str, metrics: Metrics, monotonic: MonotonicSeconds = time.monotonic
    ) -> None:
        self._model = model
        self._gauge = metrics.gauge(MODEL_SUSPENDED, model)
        self._monotonic = monotonic
        self._unusable: deque[bool] = deque(maxlen=REMEMBERED)
        self._unusable_count = 0
        self._suspended_until_s: float | None = None
        self._trials_left = 0

    def admits(self) -> bool:
        """Whether the next request may use it: always, but for the time of a suspension."""
        if self._suspended_until_s is None:
            return True
        if self._monotonic() < self._suspended_until_s:
            return False
        self._suspended_until_s = None
        self._trials_left = TRIALS
        return True

    def note(self, *, usable: bool) -> None:
        """Take in how a request fared with it."""
        if self._suspended_until_s is not None:  # began before the suspension
            return
        if self._trials_left:
            self._tried(usable)
            return
        if len(self._unusable) == REMEMBERED:
            self._unusable_count -= self._unusable[0]
        self._unusable.append(not usable)
        self._unusable_count += not usable
        seen = len(self._unusable)
        if seen >= JUDGED_FROM and self._unusable_count > MOST_UNUSABLE * seen:
            self._suspend()

    def _tried(self, usable: bool) -> None:
        self._trials_left -= 1
        if not usable:
            self._suspend()
        elif not self._trials_left:
            self._gauge.set(0)
            log.warning("model is used again", model=self._model)

    def _suspend(self) -> None:
        log.error(
            "model suspended: too many of its scores are unusable",
            model=self._model,
            unusable=self._unusable_count,
            of=len(self._unusable),
            seconds=SUSPENDED_S,
        )
        self._suspended_until_s = self._monotonic() + SUSPENDED_S
        self._trials_left = 0
        self._unusable.clear()
        self._unusable_count = 0
        self._gauge.set(1)

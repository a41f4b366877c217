"""Counts and logs failures that requests survive, without a line per request while they last."""

import time

import structlog

from serving.deadline import MonotonicSeconds
from serving.errors import FeedError
from serving.metrics import STAGE_FAILURES
from serving.metrics_recorder import Metrics

QUIET_S = 10.0
"""One line per stage and cause in so long."""

log = structlog.get_logger()


class FallbackLog:
    """One per process. Stages and causes are few, so what it remembers stays small."""

    def __init__(self, metrics: Metrics, monotonic: MonotonicSeconds = time.monotonic) -> None:
        self._metrics = metrics
        self._monotonic = monotonic
        self._logged_s: dict[tuple[str, str], float] = {}
        self._unlogged: dict[tuple[str, str], int] = {}

    def note(self, stage: str, error: BaseException) -> None:
        """Count the failure; log it unless that was just done. A bug comes with its traceback."""
        key = (stage, type(error).__name__)
        self._metrics.counter(STAGE_FAILURES, *key).inc()
        now_s = self._monotonic()
        if now_s - self._logged_s.get(key, -QUIET_S) < QUIET_S:
            self._unlogged[key] = self._unlogged.get(key, 0) + 1
            return
        self._logged_s[key] = now_s
        log.warning(
            "stage fell back",
            stage=stage,
            kind=key[1],
            cause=str(error),
            as_often_since_last_line=self._unlogged.pop(key, 0),
            exc_info=None if isinstance(error, FeedError) else error,
        )

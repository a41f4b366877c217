"""Counts refused calls, and logs who and what: no line per call, or a stranger could fill disks."""

import time

import structlog

from serving.deadline import MonotonicSeconds
from serving.metrics import ACCESS_REFUSED
from serving.metrics_recorder import Metrics

QUIET_S = 10.0
"""One line per cause, caller and method in so long."""

MAX_REMEMBERED = 1_024
log = structlog.get_logger()


class RefusalLog:
    """One per server. Forgets the oldest: names come from callers."""

    def __init__(self, metrics: Metrics, monotonic: MonotonicSeconds = time.monotonic) -> None:
        self._metrics = metrics
        self._monotonic = monotonic
        self._logged_s: dict[tuple[str, str, str], float] = {}

    def note(self, cause: str, caller: str, method: str) -> None:
        """`caller` is empty where it is not known."""
        self._metrics.counter(ACCESS_REFUSED, cause).inc()
        key = (cause, caller, method)
        now_s = self._monotonic()
        if now_s - self._logged_s.get(key, -QUIET_S) < QUIET_S:
            return
        if len(self._logged_s) >= MAX_REMEMBERED:
            del self._logged_s[next(iter(self._logged_s))]
        self._logged_s[key] = now_s
        log.warning("access refused", cause=cause, caller=caller, method=method)

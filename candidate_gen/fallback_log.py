"""Logs failures that requests survive, without a line per request while a neighbour is away."""

import time

import structlog

from serving.deadline import MonotonicSeconds
from serving.errors import FeedError

QUIET_S = 10.0
"""One line per stage and cause in so long; every failure is in metrics and receipts."""

log = structlog.get_logger()


class FallbackLog:
    """One per process. Stages and causes are few, so what it remembers stays small."""

    def __init__(self, monotonic: MonotonicSeconds = time.monotonic) -> None:
        self._monotonic = monotonic
        self._logged_s: dict[tuple[str, str], float] = {}
        self._unlogged: dict[tuple[str, str], int] = {}

    def note(self, stage: str, error: BaseException) -> None:
        """Log the failure, or count it for the next line. A bug is logged with its traceback."""
        key = (stage, type(error).__name__)
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

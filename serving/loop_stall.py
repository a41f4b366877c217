"""Withdraws readiness while the event loop stands still so much that nothing is answered in time.

Late by 50 ms is a fault to look at; a busy server that is now and then late must stay ready, or
overload would take all replicas out at once. So only what no caller waits for counts.
"""

from collections import deque
from collections.abc import Callable

import structlog

from serving.metrics import LOOP_STALLED
from serving.metrics_recorder import Metrics

STUCK_S = 0.5
"""Lateness that counts: three times as long as callers wait by default."""

WINDOW_S = 10.0
MAX_STUCK_SHARE = 0.5
RECOVERED_S = 2.0
"""The loop is back after so long without being stuck."""

log = structlog.get_logger()


class LoopStall:
    """Told of every sign of life; calls back when readiness changes. Used in the loop only."""

    def __init__(
        self, withdraw: Callable[[], None], restore: Callable[[], None], metrics: Metrics
    ) -> None:
        self._withdraw = withdraw
        self._restore = restore
        self._stalled = metrics.counter(LOOP_STALLED)
        self._stuck: deque[tuple[float, float]] = deque()
        self.is_stalled = False

    def note(self, late_s: float, now_s: float) -> None:
        """The loop came `late_s` late to a callback, at `now_s` of a monotonic clock."""
        if late_s >= STUCK_S:
            self._stuck.append((now_s, min(late_s, WINDOW_S)))
        while self._stuck and now_s - self._stuck[0][0] >= WINDOW_S:
            self._stuck.popleft()
        if self.is_stalled:
            if not self._stuck or now_s - self._stuck[-1][0] >= RECOVERED_S:
                self._stuck.clear()
                self.is_stalled = False
                log.warning("the event loop moves again: ready")
                self._restore()
        elif sum(late for _, late in self._stuck) > MAX_STUCK_SHARE * WINDOW_S:
            self.is_stalled = True
            log.error("the event loop stands still: not ready", window_s=WINDOW_S)
            self._stalled.inc()
            self._withdraw()

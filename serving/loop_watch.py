"""Measures how late the event loop is: what blocks it delays every request of the process."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from serving.metrics import LOOP_LAG
from serving.metrics_recorder import Metrics

INTERVAL_S = 0.1
ALARM_MS = 50.0
"""Lag worth a line in the log: as much as a whole request may take."""

log = structlog.get_logger()


async def watch_loop(
    metrics: Metrics,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Sample the lag ten times a second, for ever; run it as a background task."""
    lag = metrics.histogram(LOOP_LAG)
    while True:
        due = monotonic() + INTERVAL_S
        await sleep(INTERVAL_S)
        late_ms = max(0.0, (monotonic() - due) * 1_000)
        lag.observe(late_ms)
        if late_ms >= ALARM_MS:
            log.warning("event loop blocked", late_ms=round(late_ms, 1))

"""Runs stages: counts rows and time into receipt and metrics, and bounds calls to neighbours."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from serving.contracts.receipt import Receipt, StageCount
from serving.deadline import Deadline
from serving.effort.stage_costs import StageCosts
from serving.errors import DeadlineError
from serving.fallback_log import FallbackLog
from serving.metrics import (
    DEFAULTED_COLUMNS,
    FILTERED,
    SHARD_COVERAGE,
)
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock

Answer = TypeVar("Answer")


class Run:
    """One request on its way through the pipeline."""

    def __init__(
        self,
        receipt: Receipt,
        metrics: Metrics,
        fallback_log: FallbackLog,
        costs: StageCosts | None = None,
    ) -> None:
        self.receipt = receipt
        self._fallback_log = fallback_log
        self._metrics = metrics
        self._clock = StageClock(receipt, metrics, costs)

    def record(
        self,
        stage: str,
        count_in: int,
        count_out: int,
        started_s: float,
        *,
        share: float | None = 1.0,
    ) -> None:
        """Note what a stage was given and passed on; see `StageClock.record`."""
        self._clock.record(stage, count_in, count_out, started_s, share=share)

    def record_filter(self, name: str, count_in: int, count_out: int, started_s: float) -> None:
        """Note one filter in the receipt, and what it dropped in the metrics.

        Ten filters take a microsecond each: three histograms for each would cost ten times that.
        """
        ms = (time.perf_counter() - started_s) * 1_000
        self.receipt.stages.append(StageCount(name, count_in, count_out, ms))
        if count_out < count_in:
            self._metrics.counter(FILTERED, name).inc(count_in - count_out)

    def fell_back(self, stage: str, error: BaseException) -> None:
        """Count and log a failure that the request survives."""
        self._fallback_log.note(stage, error)

    def default_columns(self, *names: str) -> None:
        """Note columns that hold their declared default for every candidate."""
        for name in names:
            self.receipt.defaulted_columns.append(name)
            self._metrics.counter(DEFAULTED_COLUMNS, name).inc()

    def note_lag(self, messages: int) -> None:
        """Note how far an overlay behind this answer lags; the receipt keeps the largest."""
        self.receipt.bus_lag_messages = max(self.receipt.bus_lag_messages, messages)

    def note_coverage(self, answered: int) -> None:
        """Note how many shards answered."""
        self.receipt.shards_answered = answered
        total = self.receipt.shards_total
        self._metrics.histogram(SHARD_COVERAGE).observe(answered / total)

    async def attempt(
        self, stage: str, call: Callable[[], Awaitable[Answer]], deadline: Deadline
    ) -> Answer | None:
        """Await a neighbour's answer; `None` when it fails or is late, which is counted.

        A cancellation that nobody asked for is a failure too. One that comes before the first
        step leaves nothing behind: the call is made here, not before.
        """
        try:
            return await within(call(), deadline)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self.fell_back(stage, error)
        except Exception as error:
            # Whatever a neighbour's failure looks like, whoever asks knows what to do without it.
            self.fell_back(stage, error)
        return None


async def within(call: Awaitable[Answer], deadline: Deadline) -> Answer:
    """Await `call`, no longer than the deadline.

    Raises:
        DeadlineError: it took too long.
    """
    limit_s = deadline.remaining_s()
    try:
        async with asyncio.timeout(limit_s):
            return await call
    except TimeoutError as error:
        raise DeadlineError(f"no answer within {limit_s * 1_000:.1f} ms") from error

"""How far a consumer came, for readiness, health and people."""

import asyncio
import time
from collections.abc import Mapping

from serving.bus.bus import Bus
from serving.bus.consumer_start import ConsumerStart
from serving.bus.topics import Topic
from serving.errors import DependencyError


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class ConsumerProgress:
    """The applied positions of one consumer, and those who wait for them to move.

    Attributes:
        failure: Why the consumer stopped by itself, if it did.
        is_halted: Whether it applies nothing more until somebody decides.
    """

    def __init__(self, bus: Bus, topic: Topic, start: ConsumerStart) -> None:
        self.failure: Exception | None = None
        self.is_halted = False
        self._fresh_ms = wall_ms()
        self._bus = bus
        self._topic = topic
        self._start = start
        self._applied: dict[int, int] = {}
        self._moved = asyncio.Event()

    def move(self, positions: Mapping[int, int]) -> None:
        """Everything before `positions` (partition -> offset) is applied."""
        self._applied = dict(positions)
        self._moved.set()

    def applied_up_to(self, bus_time_ms: int) -> None:
        """All that the bus took before this time (Unix ms) is applied."""
        self._fresh_ms = max(self._fresh_ms, bus_time_ms)

    def staleness_ms(self) -> int:
        """How long ago, at most, the bus took the oldest message that is not applied, as far as
        `lag` has looked: while the bus is away it grows."""
        return max(0, wall_ms() - self._fresh_ms)

    def halt(self) -> None:
        """Nothing more is applied until somebody decides."""
        self.is_halted = True
        self._moved.set()

    def fail(self, failure: Exception) -> None:
        self.failure = failure
        self._moved.set()

    async def lag(self) -> dict[int, int]:
        """Partition -> messages not yet applied.

        Raises:
            BusUnavailableError: The bus does not answer.
        """
        asked_ms = wall_ms()
        ends = await self._bus.end_offsets(self._topic, self._start.partitions)
        begun = {p: self._applied.get(p, o) for p, o in (await self._start.offsets()).items()}
        positions = {p: ends[p] if offset is None else offset for p, offset in begun.items()}
        behind = {p: max(0, end - positions[p]) for p, end in ends.items()}
        if not any(behind.values()):
            self.applied_up_to(asked_ms)
        return behind

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until everything that was in the log at the call is applied.

        Returns:
            False when that took longer than `timeout_s`, the bus did not answer, or the consumer
            is halted.

        Raises:
            Exception: `failure`, when the consumer stopped by itself.
        """
        try:
            async with asyncio.timeout(timeout_s):
                ends = await self._bus.end_offsets(self._topic, self._start.partitions)
                while any(self._applied.get(p, -1) < end for p, end in ends.items()):
                    if self.failure is not None:
                        raise self.failure
                    if self.is_halted:
                        return False
                    self._moved.clear()
                    await self._moved.wait()
        except (TimeoutError, DependencyError):
            return False
        return True

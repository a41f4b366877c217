"""How long a request may still take, carried explicitly from hop to hop.

gRPC in Python does not pass deadlines on: whoever calls a neighbour gives `deadline.remaining_s()`.
"""

import time
from collections.abc import Callable
from typing import Protocol

from serving.errors import DeadlineError

DEFAULT_MS = 150.0
"""For callers that set no deadline."""

MonotonicSeconds = Callable[[], float]


class _HasTimeRemaining(Protocol):
    """What is needed of a gRPC servicer context."""

    def time_remaining(self) -> float | None: ...


class Deadline:
    """A point on this process's monotonic clock; a wall clock that is set does not move it."""

    __slots__ = ("_end_s", "_monotonic")

    def __init__(self, end_s: float, monotonic: MonotonicSeconds = time.monotonic) -> None:
        self._end_s = end_s
        self._monotonic = monotonic

    @classmethod
    def after_ms(cls, budget_ms: float, monotonic: MonotonicSeconds = time.monotonic) -> "Deadline":
        """`budget_ms` from now."""
        return cls(monotonic() + budget_ms / 1_000, monotonic)

    @classmethod
    def of_call(
        cls,
        context: _HasTimeRemaining,
        *,
        reserve_ms: float = 0.0,
        default_ms: float = DEFAULT_MS,
        monotonic: MonotonicSeconds = time.monotonic,
    ) -> "Deadline":
        """What the caller of a gRPC method still waits, less `reserve_ms` for the way back."""
        remaining_s = context.time_remaining()
        budget_ms = default_ms if remaining_s is None else remaining_s * 1_000
        return cls.after_ms(budget_ms - reserve_ms, monotonic)

    def remaining_ms(self) -> float:
        """Milliseconds left, never negative."""
        return max(0.0, (self._end_s - self._monotonic()) * 1_000)

    def remaining_s(self) -> float:
        """Seconds left, never negative: what a `timeout` takes."""
        return self.remaining_ms() / 1_000

    def earlier_by(self, reserve_ms: float) -> "Deadline":
        """The same, keeping `reserve_ms` for what the caller does afterwards."""
        return Deadline(self._end_s - reserve_ms / 1_000, self._monotonic)

    def at_most(self, budget_ms: float) -> "Deadline":
        """This deadline, or `budget_ms` from now if that is sooner."""
        return Deadline(min(self._end_s, self._monotonic() + budget_ms / 1_000), self._monotonic)

    def require(self, min_ms: float) -> None:
        """Go on only if there is enough time.

        Raises:
            DeadlineError: less than `min_ms` is left.
        """
        remaining_ms = self.remaining_ms()
        if remaining_ms < min_ms:
            raise DeadlineError(f"{remaining_ms:.1f} ms left, at least {min_ms:g} ms needed")

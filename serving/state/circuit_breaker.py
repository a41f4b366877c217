"""Makes a dead dependency cost microseconds instead of a timeout per call."""

import time
from collections.abc import Callable


class CircuitBreaker:
    """Refuses calls once failures have gone on for a while, and lets one probe through at a time.

    It opens after `max_failures` failures in a row that span at least `patience_s`: a stall of our
    own event loop fails many calls at one instant, which says nothing about the other side. While
    open, one call per `probe_every_s` is admitted; its success closes the breaker. A probe that is
    cancelled simply leaves room for the next one.
    """

    def __init__(
        self,
        *,
        max_failures: int = 3,
        patience_s: float = 0.1,
        probe_every_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_failures = max_failures
        self._patience_s = patience_s
        self._probe_every_s = probe_every_s
        self._clock = clock
        self._failures = 0
        self._failing_since = 0.0
        self._next_probe_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self._next_probe_at is not None

    def admits(self) -> bool:
        """Whether a call may be made now. Asking takes the probe's place, so ask once per call."""
        if self._next_probe_at is None:
            return True
        now = self._clock()
        if now < self._next_probe_at:
            return False
        self._next_probe_at = now + self._probe_every_s
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._next_probe_at = None

    def failed(self) -> None:
        now = self._clock()
        if self._failures == 0:
            self._failing_since = now
        self._failures += 1
        lasted = now - self._failing_since >= self._patience_s
        if self.is_open or (self._failures >= self._max_failures and lasted):
            self._next_probe_at = now + self._probe_every_s

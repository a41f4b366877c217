"""How long the latest calls took: median and 95th percentile, at half a microsecond per call."""

SIZE = 128
"""Calls that are remembered: at 100 calls a second, the last second."""

RENEWED_EVERY = 16
"""Calls between two sorts of what is remembered."""


class LatencyDigest:
    """A ring of latencies, sorted now and then.

    Attributes:
        p50_s, p95_s: `None` until enough calls have been seen.
    """

    __slots__ = ("_count", "_ring", "p50_s", "p95_s")

    def __init__(self) -> None:
        self.p50_s: float | None = None
        self.p95_s: float | None = None
        self._ring: list[float] = []
        self._count = 0

    def add(self, seconds: float) -> bool:
        """Remember one call; whether the percentiles were renewed by it."""
        if self._count < SIZE:
            self._ring.append(seconds)
        else:
            self._ring[self._count % SIZE] = seconds
        self._count += 1
        if self._count % RENEWED_EVERY:
            return False
        ordered = sorted(self._ring)
        self.p50_s = ordered[len(ordered) // 2]
        self.p95_s = ordered[len(ordered) * 95 // 100]
        return True

    def forget(self) -> None:
        """Start anew, as after a restart of whoever is measured."""
        self.p50_s = self.p95_s = None
        self._ring.clear()
        self._count = 0

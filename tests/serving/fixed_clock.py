"""A clock that stands still until a test moves it."""

NOON_MS = 1_750_000_000_000


class FixedClock:
    def __init__(self, now_ms: int = NOON_MS) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms

    def advance(self, by_ms: int) -> None:
        self.time_ms += by_ms


class FixedMonotonic:
    """Seconds, as `time.monotonic`; call it to read, set `time_s` to move it."""

    def __init__(self) -> None:
        self.time_s = 1_000.0

    def __call__(self) -> float:
        return self.time_s

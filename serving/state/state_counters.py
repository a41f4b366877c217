"""What a state store counts about itself, read by the metrics layer."""

from dataclasses import dataclass

from serving.state.circuit_breaker import CircuitBreaker


@dataclass(slots=True)
class StateCounters:
    """Totals since the store was opened.

    Attributes:
        reads: Calls of `read` that were answered.
        writes: Calls of `write` that were answered.
        failures: Calls, and syncs to disk, that raised or were refused by an open breaker.
        losses: Times the store was found to lack what had been written to it.
        breaker: What refuses calls while the store is away, where there is such a thing.
        conflicts: Updates that were stale, and those a stale one held back (`all_or_none`).
    """

    reads: int = 0
    writes: int = 0
    failures: int = 0
    conflicts: int = 0
    losses: int = 0
    breaker: CircuitBreaker | None = None

    @property
    def breaker_is_open(self) -> bool:
        return self.breaker is not None and self.breaker.is_open

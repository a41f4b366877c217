"""What an answer says about itself; each service adds its part."""

from dataclasses import dataclass, field, replace

NARROWED = "narrowed"
"""The reason of an answer whose `narrowed` says what was done less thoroughly."""


@dataclass(frozen=True, slots=True)
class SourceCount:
    name: str
    found_count: int
    kept_count: int


@dataclass(frozen=True, slots=True)
class StageCount:
    name: str
    count_in: int
    count_out: int
    ms: float


@dataclass(slots=True)
class Receipt:
    """Collected while one request runs; see `protos/receipt.proto` for the fields."""

    generation: str = ""
    shards_total: int = 0
    shards_answered: int = 0
    sources: list[SourceCount] = field(default_factory=list)
    stages: list[StageCount] = field(default_factory=list)
    defaulted_columns: list[str] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    degraded_reasons: list[str] = field(default_factory=list)
    origin: str = ""
    bus_lag_messages: int = 0
    total_ms: float = 0.0
    narrowed: list[str] = field(default_factory=list)

    def copy(self) -> "Receipt":
        """One whose lists can be added to."""
        return replace(
            self,
            sources=list(self.sources),
            stages=list(self.stages),
            defaulted_columns=list(self.defaulted_columns),
            models=dict(self.models),
            degraded_reasons=list(self.degraded_reasons),
            narrowed=list(self.narrowed),
        )

    def degrade(self, reason: str) -> None:
        """Note why this answer is less than it could be, once."""
        if reason not in self.degraded_reasons:
            self.degraded_reasons.append(reason)

    def narrow(self, name: str) -> None:
        """Note what was done less thoroughly than usual, once."""
        if name not in self.narrowed:
            self.narrowed.append(name)
            self.degrade(NARROWED)

"""How large a simulated world is, and where in time it lies."""

from dataclasses import dataclass

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MONDAY_2026_01_05_MS = 1_767_571_200_000
"""Fixed start of every world's log, a Monday at midnight UTC, so worlds are reproducible."""

MAX_COUNT = 10_000_000


@dataclass(frozen=True)
class WorldSettings:
    """Size and seed of a world. Equal settings give equal worlds, byte for byte.

    Attributes:
        viewer_count: People; about a third of them post too. At least 10.
        item_count: Posts, those of the weeks before the log included. At least 20.
        day_count: Days of logged actions, in [1, 365].
        seed: Any integer from 0.
        sessions_per_day: Mean visits of a viewer per day.

    Raises:
        ValueError: a field is outside its range.
    """

    viewer_count: int = 5_000
    item_count: int = 20_000
    day_count: int = 14
    seed: int = 7
    sessions_per_day: float = 0.9

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "viewer_count": (10, MAX_COUNT),
            "item_count": (20, MAX_COUNT),
            "day_count": (1, 365),
            "seed": (0, 2**63 - 1),
            "sessions_per_day": (0.01, 50),
        }
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"{field} must be in [{low}, {high}], got {value}")

    @property
    def start_ms(self) -> int:
        """First moment of the log."""
        return MONDAY_2026_01_05_MS

    @property
    def end_ms(self) -> int:
        """Moment just after the last day: the data time of the world."""
        return self.start_ms + self.day_count * DAY_MS

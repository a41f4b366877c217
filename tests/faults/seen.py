"""What a fault was seen to do to callers: one line of the printed table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SERVED_IN_FULL = "ranked"


@dataclass(frozen=True, slots=True)
class Answer:
    """One call of `GetFeed` while a fault was there.

    Attributes:
        at_s: When it began, monotonic.
        error: Name of the gRPC status; empty where a page came.
        coverage: Shards that answered, of those asked; 1 where none was asked.
    """

    at_s: float
    latency_ms: float
    error: str = ""
    origin: str = ""
    coverage: float = 1.0
    reasons: tuple[str, ...] = ()
    item_count: int = 0

    @property
    def is_full(self) -> bool:
        """Ranked just now, with nothing missing."""
        return not self.error and self.origin == SERVED_IN_FULL and not self.reasons


@dataclass(frozen=True, slots=True)
class Seen:
    """Answers in the order they were asked for, and what became of the actions logged meanwhile.

    Attributes:
        lost: Acknowledged actions without effect; `None` where nobody counted.
        double: Effects beyond one per action; `None` where nobody counted.
        note: Anything else worth a few words in the table.
    """

    answers: Sequence[Answer]
    lost: int | None = None
    double: int | None = None
    note: str = ""

    @property
    def calls(self) -> int:
        return len(self.answers)

    @property
    def errors(self) -> Counter[str]:
        """Status name -> calls that failed with it."""
        return Counter(answer.error for answer in self.answers if answer.error)

    @property
    def worst_latency_ms(self) -> float:
        return max((answer.latency_ms for answer in self.answers), default=0.0)

    @property
    def lowest_coverage(self) -> float:
        """In [0, 1]; of the pages that came."""
        return min((a.coverage for a in self.answers if not a.error), default=1.0)

    @property
    def reasons(self) -> frozenset[str]:
        """All degraded reasons of all pages."""
        return frozenset(reason for answer in self.answers for reason in answer.reasons)

    @property
    def origins(self) -> Counter[str]:
        """Origin -> pages."""
        return Counter(answer.origin for answer in self.answers if not answer.error)

    @property
    def empty_pages(self) -> int:
        """Pages without a single item."""
        return sum(not answer.error and not answer.item_count for answer in self.answers)

    @property
    def in_words(self) -> str:
        """What came, the commonest first."""
        parts = [f"{count} {name}" for name, count in (self.origins + self.errors).most_common()]
        if self.reasons:
            parts.append(", ".join(sorted(self.reasons)))
        if self.note:
            parts.append(self.note)
        return "; ".join(parts)

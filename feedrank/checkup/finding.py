"""One line of `feedrank doctor`."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "optional", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it.

    Attributes:
        verdict: `optional`: serving works without it; `bad`: something asked for will not work.
        found: What there is, one line.
        advice: What to do, one line; empty only where nothing has to be done.
    """

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""

    def __post_init__(self) -> None:
        if self.verdict != "good" and not self.advice:
            raise ValueError(f"{self.subject}: {self.verdict} without advice")

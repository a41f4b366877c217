"""How wide a stage works, set by the time that is left when it begins."""

from collections.abc import Sequence
from dataclasses import dataclass

SAFETY = 1.5
"""A stage works in full while so many times what all the rest usually costs is left."""


@dataclass(frozen=True, slots=True)
class Width:
    """One way of doing a stage.

    Attributes:
        name: In receipts, as `narrowed`; empty for the full width.
        share: Of the full amount of work.
    """

    name: str
    share: float


FULL_WIDTH = Width("", 1.0)
PROBES = (FULL_WIDTH, Width("probes:half", 0.5), Width("probes:quarter", 0.25))
CANDIDATES = (FULL_WIDTH, Width("candidates:300", 0.6), Width("candidates:150", 0.3))
WITHOUT_MAIN_RANKER = Width("main_ranker", 0.0)
MAIN_RANKER = (FULL_WIDTH, WITHOUT_MAIN_RANKER)
"""What may be narrowed, widest first; see `docs/incidents.md` for what each loses."""


def width_for(widths: Sequence[Width], remaining_ms: float, rest_ms: float) -> Width:
    """The widest that fits the time left, else the narrowest.

    Args:
        rest_ms: What this stage and all after it cost in full.
    """
    for width in widths:
        if remaining_ms >= rest_ms * SAFETY * width.share:
            return width
    return widths[-1]

"""What is said of every feature, once; training and serving read the same line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the models: a finite float32.

    Attributes:
        name: Unique; says its unit (`_hours`, `_s`, `log_` for `log1p`, `_rate` in [0, 1]).
        default: Value when its input is missing.
        freshness: How old it may be: `request` (computed now), `seconds` (from the bus),
            `generation` (as of the data time).
        meaning: One line for people.
    """

    name: str
    default: float
    freshness: str
    meaning: str

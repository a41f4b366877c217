"""What the stages of a request cost in this process of late, by which the next one is planned."""

from collections.abc import Iterable, Mapping

WEIGHT = 0.05
"""Of the newest measurement: half of what is known is of the last 14 requests."""

MOST_BELIEVED = 4.0
"""A stage that took longer than so many times the usual counts as that: one stalled request must
not narrow those after it, many in a row must."""


class StageCosts:
    """Moving averages, one per stage; one of these per service. Belongs to one event loop."""

    def __init__(self, first_ms: Mapping[str, float]) -> None:
        """`first_ms`: what each stage is taken to cost before it was ever measured, above 0."""
        self._ms = dict(first_ms)

    def note(self, stage: str, ms: float, share: float = 1.0) -> None:
        """Take a measurement in; stages that nobody plans by are left out.

        Args:
            share: Of its full work that the stage did, above 0: what is kept is of all of it.
        """
        usual = self._ms.get(stage)
        if usual is not None:
            self._ms[stage] = usual + WEIGHT * (min(ms / share, MOST_BELIEVED * usual) - usual)

    def sum_ms(self, stages: Iterable[str]) -> float:
        """What these stages cost together, one after another.

        Raises:
            KeyError: nobody said what a stage costs at first.
        """
        return sum(self._ms[stage] for stage in stages)

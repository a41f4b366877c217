"""How wide the stages of one request work: as its rung and the time left at each of them allow."""

from collections.abc import Mapping
from dataclasses import dataclass

from candidate_gen.quotas import MAX_RANKED
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.effort.stage_costs import StageCosts
from serving.effort.width import CANDIDATES, PROBES, Width, width_for

FIRST_COSTS_MS = {
    "search": 6.0,
    "pool": 0.3,
    "select": 0.5,
    "relations": 1.0,
    "filter": 0.4,
    "hydrate": 0.6,
    "rank": 8.0,
}
"""Until they are measured: all stages from the search on, in their order."""

FROM_SEARCH = tuple(FIRST_COSTS_MS)
FROM_FILTER = FROM_SEARCH[FROM_SEARCH.index("filter") :]

WIDEST: Mapping[Rung, tuple[int, int]] = {
    Rung.FULL: (0, 0),
    Rung.FEWER_PROBES: (2, 1),
    Rung.SMALLER_RANKER: (2, 1),
}
"""Per rung, where in `PROBES` and in `CANDIDATES` the widest allowed is."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Of one request."""

    rung: Rung
    deadline: Deadline
    costs: StageCosts
    receipt: Receipt

    def probes(self) -> Width:
        """To be asked before the search. Only shards know whether it makes a difference."""
        widest, _ = WIDEST[self.rung]
        return self._fitting(PROBES[widest:], FROM_SEARCH)

    def note_probes(self, probes: Width, *, made_a_difference: bool) -> None:
        if made_a_difference:
            self.receipt.narrow(probes.name)

    def candidates(self, found: int) -> int:
        """How many of those who passed all filters go on; to be asked before the filters run.

        Args:
            found: How many candidates there are, before any filter.
        """
        _, widest = WIDEST[self.rung]
        width = self._fitting(CANDIDATES[widest:], FROM_FILTER)
        most = round(MAX_RANKED * width.share)
        if most < min(found, MAX_RANKED):
            self.receipt.narrow(width.name)
        return most

    def share_kept(self, most: int, kept: int) -> float:
        """About which share of the candidates in full goes on, where `most` of them may."""
        return most / MAX_RANKED if kept == most else 1.0

    @property
    def without_main_ranker(self) -> bool:
        return self.rung >= Rung.SMALLER_RANKER

    def _fitting(self, widths: tuple[Width, ...], stages: tuple[str, ...]) -> Width:
        return width_for(widths, self.deadline.remaining_ms(), self.costs.sum_ms(stages))

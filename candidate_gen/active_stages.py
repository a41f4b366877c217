"""The stages that are not switched off."""

from collections.abc import Sequence
from dataclasses import dataclass

from candidate_gen.stages import Filter, Hydrator, Source
from serving.switches.switch import Switch
from serving.switches.switches import SwitchBoard, Switched


@dataclass(frozen=True, slots=True)
class Stages:
    """What a request goes through.

    Attributes:
        missing: Hydrators that are off.
        reasons: Why answers made by these alone are degraded.
    """

    sources: Sequence[Source]
    filters: Sequence[Filter]
    hydrators: Sequence[Hydrator]
    missing: Sequence[Hydrator] = ()
    reasons: Sequence[str] = ()


class ActiveStages:
    """Works them out anew when switches change, and only then."""

    def __init__(
        self,
        sources: Sequence[Source],
        filters: Sequence[Filter],
        hydrators: Sequence[Hydrator],
        switches: SwitchBoard,
    ) -> None:
        self._all = Stages(sources, filters, hydrators)
        self._switches = switches
        self._switched = Switched()
        self._active = self._all

    @property
    def now(self) -> Stages:
        """To be read once per request."""
        switched = self._switches.now
        if switched is not self._switched:
            self._switched = switched
            self._active = self._without(switched)
        return self._active

    def _without(self, switched: Switched) -> Stages:
        sources, filters = switched.names("source"), switched.names("filter")
        hydrators = switched.names("hydrator")
        return Stages(
            [source for source in self._all.sources if source.name not in sources],
            [each for each in self._all.filters if each.name not in filters],
            [each for each in self._all.hydrators if each.name not in hydrators],
            [each for each in self._all.hydrators if each.name in hydrators],
            switched.reasons("source", "filter", "hydrator"),
        )


def switches_of(
    sources: Sequence[Source], filters: Sequence[Filter], hydrators: Sequence[Hydrator]
) -> list[Switch]:
    """One per stage."""
    return [
        *(Switch("source", source.name) for source in sources),
        *(Switch("filter", each.name, each.is_safety) for each in filters),
        *(Switch("hydrator", each.name) for each in hydrators),
    ]

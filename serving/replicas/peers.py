"""The replicas of one neighbour, compared with each other: what is usual, and who is not."""

from collections.abc import Sequence

from serving.replicas.replica import Replica
from serving.replicas.standing import State

OUTLIER_FACTOR, OUTLIER_S = 3.0, 0.01
"""Far slower is what takes more than so many times the usual p95, and so much more."""

STRANGER_FACTOR = 2.0
"""A replica that is not known yet may take so many times the usual p95 until it is slow."""


class Peers:
    """Attributes:
    all: Every replica, in service or not.
    far_slower_s: What takes longer is far slower than usual; `None` while that is unknown.
    """

    def __init__(self) -> None:
        self.all: list[Replica] = []
        self.far_slower_s: float | None = None
        self._usual_s: float | None = None

    def learn_usual(self) -> None:
        """To be called when a p95 or the list has changed: the p95 that half of them keep.

        Of a single replica nothing is known: there is no other to compare it with.
        """
        known = [replica.latency.p95_s for replica in self.all]
        usual_s = _lower_median(known) if len(known) > 1 else None
        self._usual_s = usual_s
        self.far_slower_s = None if usual_s is None else OUTLIER_FACTOR * usual_s + OUTLIER_S

    def slow_after_s(self, replica: Replica) -> float | None:
        """After how long a call to it is slow, and another replica worth a try; `None` if unknown.

        Its own p95, or else a replica a little slower than the others would lose every race; but
        no more than is usual when it is far slower.
        """
        usual_s, far_slower_s = self._usual_s, self.far_slower_s
        if usual_s is None or far_slower_s is None:
            return None
        own_s = replica.latency.p95_s
        if own_s is None:
            return STRANGER_FACTOR * usual_s
        return own_s if usual_s < own_s < far_slower_s else usual_s

    def is_far_slower(self, latency_s: float | None) -> bool:
        """Whether a latency is far above what is usual."""
        far_slower_s = self.far_slower_s
        return far_slower_s is not None and latency_s is not None and latency_s > far_slower_s

    def fails_most(self, replica: Replica) -> bool:
        """Whether it fails clearly more often than half of the others in service."""
        usual = _lower_median([o.standing.failure_share for o in self._others(replica)])
        return usual is not None and replica.standing.failure_share > 2 * usual + 0.1

    def share_out(self) -> float:
        """Replicas out of service, of all; 0 where there is none."""
        return self._count_out() / max(1, len(self.all))

    def may_eject(self) -> bool:
        """Whether half of them would still be in service with one more ejected."""
        return self._count_out() + 1 <= len(self.all) // 2

    def _count_out(self) -> int:
        return sum(r.standing.state is not State.IN_SERVICE for r in self.all)

    def _others(self, replica: Replica) -> list[Replica]:
        return [
            other
            for other in self.all
            if other is not replica and other.standing.state is State.IN_SERVICE
        ]


def _lower_median(values: Sequence[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return known[(len(known) - 1) // 2] if known else None

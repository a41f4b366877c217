"""How many calls may be made twice: a share of all calls, so that help never becomes a storm."""

BURST = 20.0
"""Extra calls that may be made at once after a quiet time, as when a replica dies amid calls."""

KEPT_FOR_NEED = 10.0
"""Hedges of calls that are merely slow leave so many: there is always a slowest twentieth, and it
would take all. Calls that failed, or take far longer than any usual one, need them more."""


class ExtraCallBudget:
    """A bucket of tokens that every call fills by `share` and every extra call takes one from.

    Extra calls are never more than `share` of all calls, and `BURST`.

    Args:
        share: For example 0.05; 0 allows no extra call at all.
    """

    __slots__ = ("_share", "_tokens")

    def __init__(self, share: float) -> None:
        self._share = share
        self._tokens = BURST if share > 0 else 0.0

    def earn(self) -> None:
        """To be called once per call that is no extra call."""
        tokens = self._tokens + self._share
        self._tokens = tokens if tokens < BURST else BURST if self._share > 0 else 0.0

    def spend(self, *, in_need: bool) -> bool:
        """Whether a call may be made again now; counts it."""
        if self._tokens < (1.0 if in_need else KEPT_FOR_NEED + 1.0):
            return False
        self._tokens -= 1.0
        return True

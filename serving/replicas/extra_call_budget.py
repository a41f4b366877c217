"""How many calls may be made twice: a share of all calls, so that help never becomes a storm."""

BURST = 20.0
"""Extra calls that may be made at once after a quiet time, as when a replica dies amid calls."""

KEPT_FOR_RETRIES = 10.0
"""Hedges leave so many: calls that have failed need them more than calls that are only slow."""


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

    def spend_on_hedge(self) -> bool:
        """Whether a call that is slow may be made again."""
        return self._spend(above=KEPT_FOR_RETRIES)

    def spend_on_retry(self) -> bool:
        """Whether a call that failed may be made again."""
        return self._spend(above=0.0)

    def _spend(self, above: float) -> bool:
        if self._tokens < above + 1.0:
            return False
        self._tokens -= 1.0
        return True

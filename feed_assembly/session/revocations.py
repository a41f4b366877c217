"""The revocations of one kind that a viewer made lately: what must stay gone from the next call on.

Lifted ones (unblock, follow again) are remembered for a day, so that the repeat of an older action
by a client that lost our answer does not bring it back.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_ROWS = 2_000
"""Kept per kind; beyond, lifted ones go, then those recorded longest ago: overlays have them."""

DAY_MS = 86_400_000
KEPT_MS = 14 * DAY_MS
"""As long as topic `actions` keeps messages: an overlay can be rebuilt from there until then."""
FOR_GOOD_MS = 2**62
LIFTED_KEPT_MS = DAY_MS
"""As long as a repeated `action_id` is recognised elsewhere."""

ROW = np.dtype([("id", "<i8"), ("occurred_ms", "<i8"), ("recorded_ms", "<i8"), ("in_force", "u1")])
"""`occurred_ms` orders actions on one id, `recorded_ms` (when we learnt of it) is what ages."""

Rows = npt.NDArray[Any]
"""`ROW[n]`, one row per id, recorded longest ago first."""


NO_ROWS = np.empty(0, ROW)
NO_IDS = np.empty(0, np.int64)
for _shared in (NO_ROWS, NO_IDS):
    _shared.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Revocations:
    """Ids with a standing revocation, and those lifted of late. Never changed in place."""

    rows: Rows = field(default_factory=lambda: NO_ROWS)

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """`int64[m]`, distinct, the ids in force."""
        if not len(self.rows):
            return NO_IDS
        ids: npt.NDArray[np.int64] = self.rows["id"][self.rows["in_force"] != 0]
        return ids

    def merged(self, changes: Rows) -> "Revocations":
        """With `changes` (`ROW[k]`, in order of arrival) applied.

        Per id the action that occurred last holds; of two at the same time the later to arrive.
        """
        rows = np.concatenate([self.rows, changes])
        order = np.lexsort((rows["occurred_ms"], rows["id"]))  # stable: ties stay in arrival order
        ids = rows["id"][order]
        is_last_of_id = np.append(ids[1:] != ids[:-1], np.ones(min(1, len(ids)), bool))
        return Revocations(_bounded(rows[np.sort(order[is_last_of_id])]))

    def copy(self) -> "Revocations":
        """The same, not held by the bytes it was read from; empty ones are one and the same."""
        if not len(self.rows):
            return NOTHING_REVOKED
        return Revocations(self.rows.copy())

    def aged(self, now_ms: int, kept_ms: int) -> "Revocations":
        """Without what was recorded over `kept_ms` ago, for lifted ones `LIFTED_KEPT_MS`."""
        if not len(self.rows):
            return self
        limit_ms = np.where(self.rows["in_force"] != 0, kept_ms, LIFTED_KEPT_MS)
        keep = now_ms - self.rows["recorded_ms"] <= limit_ms
        return self if keep.all() else Revocations(self.rows[keep])


NOTHING_REVOKED = Revocations()
"""Of most viewers and kinds."""


def _bounded(rows: Rows) -> Rows:
    excess_count = len(rows) - MAX_ROWS
    if excess_count <= 0:
        return rows
    dispensable_first = np.argsort(rows["in_force"], kind="stable")
    return rows[np.sort(dispensable_first[excess_count:])]

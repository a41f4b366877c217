"""The items a viewer was served last, so that rankings to come leave them out for a while."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_SERVED = 2_000
SERVED = np.dtype([("item_id", "<i8"), ("served_ms", "<i8")])


NO_ROWS = np.empty(0, SERVED)
NO_ROWS.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class ServedRing:
    """At most `MAX_SERVED` rows of `SERVED`, served longest ago first. Never changed in place."""

    rows: npt.NDArray[Any] = field(default_factory=lambda: NO_ROWS)

    def extended(self, item_ids: npt.NDArray[np.int64], now_ms: int) -> "ServedRing":
        """With `item_ids` (`int64[n]`) served at `now_ms`, Unix milliseconds."""
        new = np.empty(len(item_ids), SERVED)
        new["item_id"] = item_ids
        new["served_ms"] = now_ms
        return ServedRing(np.concatenate([self.rows, new])[-MAX_SERVED:])

    def item_ids_since(self, since_ms: int) -> npt.NDArray[np.int64]:
        """`int64[m]`, distinct and ascending: served at `since_ms` or later."""
        rows = self.rows
        ids: npt.NDArray[np.int64] = np.unique(rows["item_id"][rows["served_ms"] >= since_ms])
        return ids

    def items_since(self, since_ms: int) -> set[int]:
        """What `item_ids_since` returns, to look few items up in."""
        rows = self.rows
        if not len(rows):
            return set()
        return set(rows["item_id"][rows["served_ms"] >= since_ms].tolist())


NOTHING_SERVED = ServedRing()

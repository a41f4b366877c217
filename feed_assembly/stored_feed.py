"""A ranked list being scrolled, and how pages are cut from it.

A page is a function of the list, a cursor and what may still be shown: the same token gives the
same places, and what has been revoked in between is replaced from the reserve. A place that was
filled from the reserve may be filled otherwise when it is asked for again; the identical page comes
to who gives the same request id (`remembered_page.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from feed_assembly.awaited_lists import Wanted
from serving.contracts.rank import RankedList
from serving.contracts.receipt import Receipt

COLUMNS = {"item_ids": "<i8", "author_ids": "<i8", "scores": "<f4", "source_bits": "<u4"}
"""What a feed knows of each item, in the order it is packed."""


class Cursor(NamedTuple):
    """Where a page begins.

    Attributes:
        slot: Places of the list used up, in [0, list_size].
        reserve_used: Items of the reserve used up or passed over.
        position: Items shown so far, the 0-based place of the next one.
    """

    slot: int = 0
    reserve_used: int = 0
    position: int = 0


START = Cursor()


class Slice(NamedTuple):
    """Rows of the feed, `intp[n]`, in order, and the cursor behind them."""

    rows: npt.NDArray[np.intp]
    next: Cursor


@dataclass(frozen=True, slots=True, eq=False)
class StoredFeed:
    """One ranked list of one viewer.

    Attributes:
        feed_id: 32 hex digits.
        created_ms: The ranking request's time, Unix milliseconds.
        scroll_started_ms: When the viewer began the scrolling that led here.
        context: Surface and context it was made for (`FeedRequest.context`).
        item_ids, author_ids: `int64[r]`.
        scores: `float32[r]`.
        source_bits: `uint32[r]`.
        list_size: The first so many are the list, the rest the reserve.
        cursor: The first unserved place.
        receipt: Of the ranking; shared, copy before changing.
        packed_receipt: The same as it lies in the record that this feed was read from.
    """

    feed_id: str
    created_ms: int
    scroll_started_ms: int
    context: str
    generation: str
    revocation_version: int
    item_ids: npt.NDArray[np.int64]
    author_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    source_bits: npt.NDArray[np.uint32]
    list_size: int
    cursor: Cursor = START
    receipt: Receipt = field(default_factory=Receipt)
    packed_receipt: bytes = b""

    def slice(self, cursor: Cursor, usable: Sequence[bool], count: int) -> Slice:
        """Cut at most `count` rows from `cursor` on; holes are filled from the reserve in order.

        Args:
            usable: For each of `r` rows, whether it may be shown.
        """
        rows: list[int] = []
        slot, reserve = cursor.slot, self.list_size + cursor.reserve_used
        while len(rows) < count and slot < self.list_size:
            if usable[slot]:
                rows.append(slot)
            else:
                while reserve < len(usable) and not usable[reserve]:
                    reserve += 1
                if reserve < len(usable):
                    rows.append(reserve)
                    reserve += 1
            slot += 1
        behind = Cursor(slot, reserve - self.list_size, cursor.position + len(rows))
        return Slice(np.array(rows, np.intp), behind)

    def unserved_rows(self) -> Iterator[int]:
        """Rows behind the first unserved place, of the list and of the reserve."""
        reserve = self.list_size + self.cursor.reserve_used
        return chain(range(self.cursor.slot, self.list_size), range(reserve, len(self.item_ids)))

    def is_used_up(self) -> bool:
        return self.cursor.slot >= self.list_size

    def only(self, kept: npt.NDArray[np.bool_]) -> "StoredFeed":
        """Without the rows where `kept` (`bool[r]`) is false; nothing of it may be served yet."""
        columns: dict[str, Any] = {name: getattr(self, name)[kept] for name in COLUMNS}
        return replace(self, list_size=int(kept[: self.list_size].sum()), **columns)


def feed_of(ranked: RankedList, receipt: Receipt, wanted: Wanted) -> StoredFeed:
    """A new ranked list as a feed nothing of which was served."""
    return StoredFeed(
        feed_id=wanted.feed_id,
        created_ms=ranked.created_ms,
        scroll_started_ms=wanted.scroll_started_ms,
        context=wanted.context,
        generation=ranked.generation,
        revocation_version=ranked.revocation_version,
        item_ids=ranked.item_ids,
        author_ids=ranked.author_ids,
        scores=ranked.scores,
        source_bits=ranked.source_bits,
        list_size=ranked.list_size,
        receipt=receipt,
    )

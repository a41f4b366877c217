"""The session record: what feed_assembly must know of a viewer that cannot wait for the bus.

One packed blob per viewer (`session_codec.py`), written by feed_assembly only
(`session_store.py`). Records are values: every method returns a new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from feed_assembly.session import revocation_version
from feed_assembly.session.revocations import (
    FOR_GOOD_MS,
    KEPT_MS,
    NO_IDS,
    NOTHING_REVOKED,
    ROW,
    Revocations,
)
from feed_assembly.session.served_ring import NOTHING_SERVED, ServedRing

MAX_STORED_FEEDS = 3
MAX_REMEMBERED_PAGES = 8

RevocationKind = Literal[
    "blocked_authors",
    "blocked_by_authors",
    "muted_authors",
    "hidden_items",
    "unfollowed_authors",
    "left_groups",
]

KEPT_MS_OF: dict[RevocationKind, int] = {
    # The last known set when the graph cannot be read: these never age, only the bound ends them.
    "blocked_authors": FOR_GOOD_MS,
    "blocked_by_authors": FOR_GOOD_MS,
    "muted_authors": FOR_GOOD_MS,
    "hidden_items": KEPT_MS,
    "unfollowed_authors": KEPT_MS,
    "left_groups": KEPT_MS,
}
"""The kinds in the order they are packed in, and how long each is kept, in ms."""


@dataclass(frozen=True, slots=True)
class RevocationChange:
    """One action that revokes, or lifts a revocation.

    Attributes:
        id: Author, item or group, as `kind` says.
        occurred_ms: When the viewer did it, Unix milliseconds.
        in_force: False for the inverse action.
    """

    kind: RevocationKind
    id: int
    occurred_ms: int
    in_force: bool


@dataclass(frozen=True, slots=True, eq=False)
class SessionRecord:
    """What is remembered of one viewer; the default is a viewer never heard of.

    Attributes:
        revocation_version: Grows with every revocation made or lifted, see `revocation_version.py`;
            lists made under an older one are stale.
        last_positive_ms: When a positive action was last recorded, Unix milliseconds; 0: never.
        lost_ms: When what was known of the viewer was found to be lost, Unix milliseconds; 0:
            never. Blocks from before are then known to social_graph alone.
        blocked_authors: Blocked by the viewer.
        blocked_by_authors: Who blocked the viewer; apart, as each lifts their own block only.
        hidden_items: Hidden or reported.
        served: What left in pages.
        stored_feeds: At most `MAX_STORED_FEEDS`, last used first, packed by
            `stored_feed_codec.py`.
        remembered_pages: At most `MAX_REMEMBERED_PAGES`, newest first, packed by
            `remembered_page.py`: in here, so that a page is served and remembered in one write.
    """

    revocation_version: int = 0
    last_positive_ms: int = 0
    lost_ms: int = 0
    blocked_authors: Revocations = NOTHING_REVOKED
    blocked_by_authors: Revocations = NOTHING_REVOKED
    muted_authors: Revocations = NOTHING_REVOKED
    hidden_items: Revocations = NOTHING_REVOKED
    unfollowed_authors: Revocations = NOTHING_REVOKED
    left_groups: Revocations = NOTHING_REVOKED
    served: ServedRing = NOTHING_SERVED
    stored_feeds: tuple[bytes, ...] = ()
    remembered_pages: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.stored_feeds) > MAX_STORED_FEEDS:
            count = len(self.stored_feeds)
            raise ValueError(f"{count} stored feeds, limit {MAX_STORED_FEEDS}")
        if len(self.remembered_pages) > MAX_REMEMBERED_PAGES:
            count = len(self.remembered_pages)
            raise ValueError(f"{count} remembered pages, limit {MAX_REMEMBERED_PAGES}")

    @property
    def excluded_author_ids(self) -> npt.NDArray[np.int64]:
        """`int64[n]`, ascending: authors whose items must not appear (blocks both ways, mutes)."""
        tables = (self.blocked_authors, self.blocked_by_authors, self.muted_authors)
        if not any(len(table.rows) for table in tables):
            return NO_IDS
        return np.unique(np.concatenate([table.ids for table in tables]))

    def revocations(self, kind: RevocationKind) -> Revocations:
        table: Revocations = getattr(self, kind)
        return table

    def with_changes(self, changes: Iterable[RevocationChange], now_ms: int) -> "SessionRecord":
        """With revocations made and lifted, in order of arrival, and what is too old left out.

        `now_ms` is when they are recorded, Unix milliseconds.
        """
        by_kind: dict[RevocationKind, list[tuple[int, int, int, bool]]] = {}
        change_count = 0
        for change in changes:
            row = (change.id, change.occurred_ms, now_ms, change.in_force)
            by_kind.setdefault(change.kind, []).append(row)
            change_count += 1
        tables: dict[str, Any] = {}
        for kind, kept_ms in KEPT_MS_OF.items():
            table = self.revocations(kind)
            if kind in by_kind:
                table = table.merged(np.array(by_kind[kind], ROW))
            tables[kind] = table.aged(now_ms, kept_ms)
        version = self.revocation_version + change_count
        return replace(self, revocation_version=version, **tables)

    @property
    def has_revocations(self) -> bool:
        """Whether any are remembered, also lifted ones."""
        return any(len(self.revocations(kind).rows) for kind in KEPT_MS_OF)

    def lacks_blocks(self, now_ms: int) -> bool:
        """Whether blocks that no generation has yet may be missing here."""
        return self.lost_ms > 0 and now_ms - self.lost_ms <= KEPT_MS

    def begun(self, now_ms: int) -> "SessionRecord":
        """With a version, which a viewer never heard of has none of."""
        if self.revocation_version:
            return self
        return replace(self, revocation_version=revocation_version.begun(now_ms))

    def lost(self, now_ms: int) -> "SessionRecord":
        """What is left once something is known to be missing: lists may show what is revoked."""
        version = max(self.revocation_version + 1, revocation_version.begun(now_ms))
        return replace(
            self,
            revocation_version=version,
            lost_ms=now_ms,
            stored_feeds=(),
            remembered_pages=(),
        )

    def with_revocations_of(self, other: "SessionRecord") -> "SessionRecord":
        """With what another record of the viewer knows: at its version, where it is a later one of
        the same life and knows all that this one does, else at a version after both.
        """
        tables: dict[str, Any] = {
            str(kind): other.revocations(kind).merged(self.revocations(kind).rows)
            for kind in KEPT_MS_OF
        }
        mine, others = self.revocation_version, other.revocation_version
        is_later = revocation_version.is_same_life(mine, others) and others > mine
        version = others if is_later else max(mine, others) + 1
        return replace(self, revocation_version=version, **tables)

    def with_positive(self, now_ms: int) -> "SessionRecord":
        """A positive action was recorded at `now_ms`: stored feeds made before are out of date."""
        return replace(self, last_positive_ms=max(self.last_positive_ms, now_ms))

    def with_page(
        self, item_ids: Sequence[int], now_ms: int, stored_feeds: Sequence[bytes]
    ) -> "SessionRecord":
        """`item_ids` left in a page at `now_ms`; these feeds are stored from now on.

        Raises ValueError for more feeds than `MAX_STORED_FEEDS`.
        """
        served = self.served.extended(np.array(item_ids, np.int64), now_ms)
        return replace(self, served=served, stored_feeds=tuple(stored_feeds))

    def with_stored_feeds(self, stored_feeds: Sequence[bytes]) -> "SessionRecord":
        """Raises ValueError for more than `MAX_STORED_FEEDS`."""
        return replace(self, stored_feeds=tuple(stored_feeds))

    def with_remembered_pages(self, pages: Sequence[bytes]) -> "SessionRecord":
        """Raises ValueError for more than `MAX_REMEMBERED_PAGES`."""
        return replace(self, remembered_pages=tuple(pages))

"""What this process knows viewers to have revoked, for when their session records cannot be had.

A store that is away, was emptied or went back to an older copy must not show anybody whom they
blocked a minute ago. So the revocations of records that passed by are remembered within a bound,
and put back into a record that is behind them.
"""

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from feed_assembly.session.revocation_version import is_same_life
from feed_assembly.session.session import KEPT_MS_OF, SessionRecord
from serving.clock import Clock

MAX_BYTES = 128 * 1024 * 1024
"""Of all viewers together, 300,000 of them with a few rows of one kind each; beyond, those not met
for longest are forgotten."""

VIEWER_BYTES = 300
TABLE_BYTES = 150
"""What a viewer costs, and each kind that there are rows of, beside 25 bytes per row; measured."""


class KnownRevocations:
    """Revocations by viewer, as last seen or written here. Belongs to one event loop."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._records: OrderedDict[int, SessionRecord] = OrderedDict()

    def note(self, viewer_id: int, record: SessionRecord) -> None:
        """Remember what a record revokes that was read, put right or written here, unless a later
        one was. A viewer who never revoked anything costs nothing.
        """
        known = self._records.get(viewer_id)
        if known is None and not record.has_revocations:
            return
        if known is not None and known.revocation_version >= record.revocation_version:
            self._records.move_to_end(viewer_id)
            return
        self._forget(viewer_id)
        self._records[viewer_id] = kept = _revocations_of(record)
        self._bytes += _size(kept)
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._records)))

    def of(self, viewer_id: int) -> SessionRecord:
        """A record of nothing but the revocations known; the empty one where there are none."""
        return self._records.get(viewer_id) or SessionRecord()

    def restored(self, viewer_id: int, record: SessionRecord, clock: Clock) -> SessionRecord:
        """The record, with what is known put back if it is not in there."""
        known = self._records.get(viewer_id)
        if known is None or known.revocation_version == record.revocation_version:
            return record
        if is_same_life(known.revocation_version, record.revocation_version):
            # Behind: an older copy, or merely read before another call here wrote.
            is_behind = record.revocation_version < known.revocation_version
            return record.with_revocations_of(known) if is_behind else record
        begun_anew = record if record.lost_ms else record.lost(clock.now_ms())
        return begun_anew.with_revocations_of(known)

    def _forget(self, viewer_id: int) -> None:
        old = self._records.pop(viewer_id, None)
        if old is not None:
            self._bytes -= _size(old)


def _revocations_of(record: SessionRecord) -> SessionRecord:
    """A copy: the tables of a record are views into all its bytes."""
    tables: dict[str, Any] = {str(kind): record.revocations(kind).copy() for kind in KEPT_MS_OF}
    return replace(SessionRecord(), revocation_version=record.revocation_version, **tables)


def _size(record: SessionRecord) -> int:
    tables = [record.revocations(kind).rows.nbytes for kind in KEPT_MS_OF]
    return VIEWER_BYTES + sum(TABLE_BYTES + table_bytes for table_bytes in tables if table_bytes)

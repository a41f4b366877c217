"""Session records as bytes in the state store: their keys, their life, and damaged ones.

A record that cannot be read is set aside, for people, in the write of the fresh one that takes its
place: one damaged record must not keep its viewer from a feed for ever. Blocks then come from
social_graph, as for every viewer whose record was lost.
"""

from dataclasses import dataclass

import structlog

from feed_assembly.session.known_revocations import KnownRevocations
from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_codec import SessionFormatError, pack_session, unpack_session
from serving.clock import Clock
from serving.state.damaged_record import copy_of, set_aside_key
from serving.state.state_store import Update, Versioned

DAY_S = 86_400
KEPT_S = 90 * DAY_S
"""After a record's last change. Blocks outlive it in social_graph and in generations."""

log = structlog.get_logger()


@dataclass(slots=True)
class SessionCounters:
    """What happened to records, read by the metrics layer.

    Attributes:
        set_aside: Damaged records replaced by fresh ones.
        restored: Times a record was behind what this process knew to be revoked.
    """

    set_aside: int = 0
    restored: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class StoredSession:
    """One viewer's record as it was read.

    Attributes:
        stored: What the store holds; `None`: nothing.
        record: What it says, or what is left to say where it is damaged or behind.
        must_be_written: Whether `record` is another than the stored one.
        is_damaged: Whether `stored` cannot be read.
    """

    stored: Versioned | None
    record: SessionRecord
    must_be_written: bool
    is_damaged: bool = False

    def updates(self, viewer_id: int, record: SessionRecord) -> list[Update]:
        """Put `record` in place of what is stored; first, where that is damaged, a copy of it."""
        version = self.stored.version if self.stored else 0
        key = session_key(viewer_id)
        update = Update(key, pack_session(record), version, version + 1, ttl_s=KEPT_S)
        if self.stored is None or not self.is_damaged:
            return [update]
        return [copy_of(key, self.stored), update]


class StoredSessions:
    """Reads what the store holds, and knows what this process knew before."""

    def __init__(self, clock: Clock) -> None:
        self.counters = SessionCounters()
        self.known = KnownRevocations()
        self._clock = clock

    def read(self, viewer_id: int, stored: Versioned | None) -> StoredSession:
        """The record of a viewer, an empty one for a viewer never heard of. Never fails."""
        is_damaged = False
        record = SessionRecord()
        if stored is not None:
            try:
                record = unpack_session(stored.value)
            except SessionFormatError as error:
                is_damaged = True
                log.error("session record is damaged", viewer=viewer_id, cause=str(error))
                record = record.lost(self._clock.now_ms())
        restored = self.known.restored(viewer_id, record, self._clock)
        if restored.lost_ms != record.lost_ms:
            self.counters.restored += 1
            log.error("session record was lost: known revocations are put back", viewer=viewer_id)
        self.known.note(viewer_id, restored)
        return StoredSession(stored, restored, is_damaged or restored is not record, is_damaged)

    def begun(self, session: StoredSession) -> SessionRecord:
        """The record to change: one that is new begins now."""
        return session.record.begun(self._clock.now_ms())

    def written(self, viewer_id: int, before: StoredSession, record: SessionRecord) -> None:
        """A record is in the store now, in place of `before`."""
        self.known.note(viewer_id, record)
        if before.is_damaged and before.stored is not None:
            self.counters.set_aside += 1
            where = set_aside_key(session_key(viewer_id), before.stored.version)
            log.error("damaged session record set aside", viewer=viewer_id, key=where.decode())


def session_key(viewer_id: int) -> bytes:
    return b"s/%d" % viewer_id

"""Lists that came when nobody waited for them any more: kept for the viewer's next call."""

import asyncio
from contextvars import copy_context

import structlog

from feed_assembly.awaited_lists import Wanted
from feed_assembly.list_quality import is_storable
from feed_assembly.page_cut import with_feed
from feed_assembly.session.revocation_version import nothing_revoked
from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_store import SessionStore
from feed_assembly.stored_feed import feed_of
from serving.contracts.rank import RankedList
from serving.errors import StateUnavailableError
from serving.serving_loop import ordinary

MAX_BEING_STORED = 256
"""Lists come late when there is too much to do: what is more than this would only add to it."""

log = structlog.get_logger()


class LateLists:
    """Stores them beside the reader of lists, which others still wait for."""

    def __init__(self, sessions: SessionStore) -> None:
        self._sessions = sessions
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, wanted: Wanted, ranked: RankedList) -> None:
        """Begin to store a list, behind whatever is urgent."""
        if len(self._tasks) >= MAX_BEING_STORED:
            log.warning("late list dropped", cause=f"{MAX_BEING_STORED} are being stored")
            return
        storing = self.store(wanted, ranked)
        task = asyncio.create_task(storing, context=ordinary(copy_context()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def store(self, wanted: Wanted, ranked: RankedList) -> None:
        """Store a list, unless it is degraded or something was revoked since it was asked for."""
        if not is_storable(ranked.receipt):
            return
        feed = feed_of(ranked, ranked.receipt, wanted)

        def change(record: SessionRecord) -> SessionRecord:
            is_current = nothing_revoked(ranked.revocation_version, record.revocation_version)
            return with_feed(record, feed) if is_current else record

        try:
            await self._sessions.update(wanted.viewer_id, change)
        except StateUnavailableError as error:
            log.warning("late list dropped", cause=str(error))

    async def close(self) -> None:
        """Wait for those being stored."""
        await asyncio.gather(*self._tasks)

"""Changes session records in the state store; concurrent changes share round trips.

One round goes on at a time. Changes that arrive meanwhile wait for the next, which reads the
records of all their viewers in one round trip and writes them in another. So a viewer hit by many
calls at once costs one write for many of them, and only another process, or a record found before
another change, can make a write stale: then the record is read anew.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass

from feed_assembly.session.session import SessionRecord
from feed_assembly.session.stored_sessions import StoredSession, StoredSessions, session_key
from serving.errors import FeedError, StateUnavailableError
from serving.serving_loop import urgent
from serving.state.state_store import StateStore, Update

MAX_ATTEMPTS = 8
"""Rounds a change may lose against other processes before it fails."""

MAX_ROUND_CHANGES = 32
"""Bounds how much one round reads and writes: a record may have 70 KB, and a round trip ends within
20 ms or fails for all."""

RECORDS_AT_ONCE = 8
"""Records read, changed or packed before others get their turn. One takes 20, 50 and 10 us."""

Change = Callable[[SessionRecord], SessionRecord]
"""Pure: it may be called again on a newer record. Returning its argument writes nothing."""


@dataclass(slots=True)
class _Waiting:
    viewer_id: int
    change: Change
    done: asyncio.Future[SessionRecord]
    found: StoredSession | None
    attempts: int = 0
    result: SessionRecord | None = None


class SessionWriter:
    """The changes of all viewers of one process. Belongs to one event loop."""

    def __init__(self, state: StateStore, stored: StoredSessions) -> None:
        self._state = state
        self._stored = stored
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def enqueue(
        self, viewer_id: int, change: Change, found: StoredSession | None = None
    ) -> asyncio.Future[SessionRecord]:
        """Put a change into the next round; `run` or `start` makes it come."""
        done: asyncio.Future[SessionRecord] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(viewer_id, change, done, found))
        return done

    def start(self) -> None:
        """Write rounds in a task, if none does already, until nothing waits."""
        if not self.is_busy:
            # Calls that are all but done wait for it. In no request's context: it serves all.
            context = urgent(Context())
            self._task = asyncio.create_task(self.run(), name="session-writer", context=context)

    async def close(self) -> None:
        """Wait for changes already asked for."""
        while self._task is not None and self.is_busy:
            await asyncio.wait([self._task])

    async def run(self) -> None:
        """Write rounds until nothing waits; not while a task does."""
        while batch := self._next_batch():
            try:
                await self._write(batch)
            except FeedError as error:
                _fail(batch, error)
            except BaseException as error:  # nobody may wait for a writer that is gone
                _fail(batch + self._waiting, error)
                self._waiting.clear()
                raise

    def _next_batch(self) -> list[_Waiting]:
        """Those who have waited longest, without whoever has gone."""
        waiting = [waiting for waiting in self._waiting if not waiting.done.cancelled()]
        self._waiting = waiting[MAX_ROUND_CHANGES:]
        return waiting[:MAX_ROUND_CHANGES]

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        by_viewer: dict[int, list[_Waiting]] = {}
        for waiting in batch:
            by_viewer.setdefault(waiting.viewer_id, []).append(waiting)
        sessions = _found_before(by_viewer)
        unconfirmed = set(sessions)
        await self._read_others(by_viewer, sessions)
        changed: dict[int, tuple[StoredSession, SessionRecord]] = {}
        for count, (viewer_id, group) in enumerate(by_viewer.items(), 1):
            old = sessions[viewer_id]
            first = self._stored.begun(old)
            record = _changed(group, first)
            if old.must_be_written or record is not first:
                changed[viewer_id] = (old, record)
            await _give_way(count)
        # What was found before and calls for no write may have been out of date.
        stale = await self._written(changed) | (unconfirmed - changed.keys())
        for viewer_id, group in by_viewer.items():
            self._settle(group, is_stale=viewer_id in stale)

    async def _read_others(
        self, viewer_ids: Mapping[int, object], sessions: dict[int, StoredSession]
    ) -> None:
        unread = [viewer_id for viewer_id in viewer_ids if viewer_id not in sessions]
        if not unread:
            return
        stored = await self._state.read([session_key(viewer_id) for viewer_id in unread])
        for count, (viewer_id, raw) in enumerate(zip(unread, stored, strict=True), 1):
            sessions[viewer_id] = self._stored.read(viewer_id, raw)
            await _give_way(count)

    async def _written(
        self, changed: Mapping[int, tuple[StoredSession, SessionRecord]]
    ) -> set[int]:
        """Write records; the viewers whose own was changed meanwhile."""
        updates: list[Update] = []
        places: dict[int, int] = {}
        for count, (viewer_id, (old, record)) in enumerate(changed.items(), 1):
            updates += old.updates(viewer_id, record)
            places[viewer_id] = len(updates) - 1
            await _give_way(count)
        applied = await self._state.write(updates) if updates else []
        stale = {viewer_id for viewer_id, place in places.items() if not applied[place]}
        for viewer_id in changed.keys() - stale:
            self._stored.written(viewer_id, *changed[viewer_id])
        return stale

    def _settle(self, group: Sequence[_Waiting], *, is_stale: bool) -> None:
        """Tell those whose change is kept; let the others lose again, within limits."""
        for waiting in group:
            waiting.attempts += 1
            if waiting.done.done():
                continue
            if not is_stale and waiting.result is not None:
                waiting.done.set_result(waiting.result)
            elif waiting.attempts < MAX_ATTEMPTS:
                waiting.found = None
                self._waiting.append(waiting)
            else:
                problem = f"session of viewer {waiting.viewer_id} changed {MAX_ATTEMPTS} times"
                _fail([waiting], StateUnavailableError(f"{problem} while it was written"))


async def _give_way(count: int) -> None:
    """Let others have their turn after every few of `count` records."""
    if count % RECORDS_AT_ONCE == 0:
        await asyncio.sleep(0)


def _found_before(by_viewer: Mapping[int, Sequence[_Waiting]]) -> dict[int, StoredSession]:
    """Records that need not be read: of viewers with one change, made to what its caller found."""
    return {
        viewer_id: group[0].found
        for viewer_id, group in by_viewer.items()
        if len(group) == 1 and group[0].found is not None
    }


def _changed(group: Sequence[_Waiting], record: SessionRecord) -> SessionRecord:
    """All changes of one viewer applied; the same record where none does anything."""
    for waiting in group:
        if waiting.done.cancelled():
            continue
        try:
            record = waiting.result = waiting.change(record)
        except Exception as error:  # a bug in one change is told to whoever asked for it
            _fail([waiting], error)
    return record


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)

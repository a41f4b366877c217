"""Reads and changes session records in the state store; concurrent changes share round trips.

One task writes at a time. Changes that arrive meanwhile wait for its next round, which reads the
records of all their viewers in one round trip and writes them in another. So a viewer hit by many
calls at once costs one write for all of them, and only another process can make a write stale.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feed_assembly.session.session import SessionRecord
from feed_assembly.session.stored_sessions import (
    SessionCounters,
    StoredSession,
    StoredSessions,
    session_key,
)
from serving.clock import Clock
from serving.errors import FeedError, StateUnavailableError
from serving.state.state_store import StateStore, Update

MAX_ATTEMPTS = 8
"""Rounds a change may lose against other processes before it fails."""

MAX_ROUND_CHANGES = 256
"""Bounds how much one round reads and writes."""

CHANGED_AT_ONCE = 8
"""Records changed before others get their turn: bounds the time that holds the event loop."""

Change = Callable[[SessionRecord], SessionRecord]
"""Pure: it may be called again on a newer record. Returning its argument writes nothing."""


@dataclass(slots=True)
class _Waiting:
    viewer_id: int
    change: Change
    done: asyncio.Future[SessionRecord]
    attempts: int = 0
    result: SessionRecord | None = None


class SessionStore:
    """The session records of all viewers. Belongs to one event loop."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._stored = StoredSessions(clock)
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    @property
    def counters(self) -> SessionCounters:
        return self._stored.counters

    async def load(self, viewer_id: int) -> SessionRecord:
        """The viewer's record; an empty one for a viewer never heard of.

        Raises:
            StateUnavailableError: the store did not answer in time.
        """
        [stored] = await self._state.read([session_key(viewer_id)])
        return self._stored.read(viewer_id, stored).record

    def last_known(self, viewer_id: int) -> SessionRecord:
        """For when the store is away: the revocations that this process knows of, nothing else."""
        return self._stored.known.of(viewer_id)

    async def update(self, viewer_id: int, change: Change) -> SessionRecord:
        """Change a record and return it as changed, once it is kept.

        Once the wait is cancelled, the change may be applied or not.

        Raises:
            StateUnavailableError: not confirmed in time, or other processes kept changing it; the
                change may have been applied all the same.
        """
        return await self._enqueue(viewer_id, change)

    async def update_many(
        self, changes: Mapping[int, Change], timeout_s: float
    ) -> dict[int, StateUnavailableError]:
        """`update` for many viewers in shared round trips; each succeeds or fails on its own.

        Returns:
            The viewers whose change was not confirmed, and why.
        """
        futures = {self._enqueue(viewer, change): viewer for viewer, change in changes.items()}
        if futures:
            await asyncio.wait(futures, timeout=timeout_s)
        failures: dict[int, StateUnavailableError] = {}
        for future, viewer_id in futures.items():
            if future.cancel():
                problem = f"session of viewer {viewer_id}: not written in {timeout_s:.3f} s"
                failures[viewer_id] = StateUnavailableError(problem)
            elif isinstance(error := future.exception(), StateUnavailableError):
                failures[viewer_id] = error
            elif error is not None:
                raise error
        return failures

    async def close(self) -> None:
        """Wait for changes already asked for."""
        while self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])

    def _enqueue(self, viewer_id: int, change: Change) -> asyncio.Future[SessionRecord]:
        done: asyncio.Future[SessionRecord] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(viewer_id, change, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="session-writer")
        return done

    async def _write_all(self) -> None:
        while self._waiting:
            batch = self._waiting[:MAX_ROUND_CHANGES]
            del self._waiting[:MAX_ROUND_CHANGES]
            try:
                await self._write(batch)
            except FeedError as error:
                _fail(batch, error)
            except BaseException as error:  # nobody may wait for a writer that is gone
                _fail(batch + self._waiting, error)
                self._waiting.clear()
                raise

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        by_viewer: dict[int, list[_Waiting]] = {}
        for waiting in batch:
            by_viewer.setdefault(waiting.viewer_id, []).append(waiting)
        stored = await self._state.read([session_key(viewer_id) for viewer_id in by_viewer])
        changed: dict[int, tuple[StoredSession, SessionRecord]] = {}
        for count, (viewer_id, raw) in enumerate(zip(by_viewer, stored, strict=True), 1):
            old = self._stored.read(viewer_id, raw)
            first = self._stored.begun(old)
            record = _changed(by_viewer[viewer_id], first)
            if old.must_be_written or record is not first:
                changed[viewer_id] = (old, record)
            if count % CHANGED_AT_ONCE == 0:
                await asyncio.sleep(0)
        stale = await self._written(changed)
        for viewer_id, group in by_viewer.items():
            self._settle(group, is_stale=viewer_id in stale)

    async def _written(
        self, changed: Mapping[int, tuple[StoredSession, SessionRecord]]
    ) -> set[int]:
        """Write records; the viewers whose own another process changed meanwhile."""
        updates: list[Update] = []
        places: dict[int, int] = {}
        for viewer_id, (old, record) in changed.items():
            updates += old.updates(viewer_id, record)
            places[viewer_id] = len(updates) - 1
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
                self._waiting.append(waiting)
            else:
                problem = f"session of viewer {waiting.viewer_id} changed {MAX_ATTEMPTS} times"
                _fail([waiting], StateUnavailableError(f"{problem} while it was written"))


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

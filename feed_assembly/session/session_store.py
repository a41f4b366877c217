"""The session records of all viewers: found in the state store, and changed there."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_writer import Change, SessionWriter
from feed_assembly.session.stored_sessions import (
    SessionCounters,
    StoredSession,
    StoredSessions,
    session_key,
)
from serving.clock import Clock
from serving.errors import StateUnavailableError
from serving.state.state_store import StateStore

Answer = TypeVar("Answer")


class SessionStore:
    """Belongs to one event loop."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._stored = StoredSessions(clock)
        self._writer = SessionWriter(state, self._stored)

    @property
    def counters(self) -> SessionCounters:
        return self._stored.counters

    async def find(self, viewer_id: int, timeout_s: float | None = None) -> StoredSession:
        """The viewer's record as it lies in the store, for `update` to begin with; an empty one for
        a viewer never heard of.

        Raises:
            StateUnavailableError: the store did not answer in time.
            TimeoutError: nor in `timeout_s`.
        """
        [stored] = await self._in_time(self._state.read([session_key(viewer_id)]), timeout_s)
        return self._stored.read(viewer_id, stored)

    def last_known(self, viewer_id: int) -> SessionRecord:
        """For when the store is away: the revocations that this process knows of, nothing else."""
        return self._stored.known.of(viewer_id)

    async def update(
        self,
        viewer_id: int,
        change: Change,
        found: StoredSession | None = None,
        timeout_s: float | None = None,
    ) -> SessionRecord:
        """Change a record and return it as changed, once it is kept.

        Once the wait is cancelled, the change may be applied or not.

        Args:
            found: What `find` returned a moment ago; read again only if that is out of date.

        Raises:
            StateUnavailableError: not confirmed in time, or other processes kept changing it; the
                change may have been applied all the same.
            TimeoutError: not confirmed in `timeout_s`; likewise.
        """
        done = self._writer.enqueue(viewer_id, change, found)
        if self._state.is_local and not self._writer.is_busy:
            await self._writer.run()
            return done.result()
        self._writer.start()
        async with asyncio.timeout(timeout_s):
            return await done

    async def update_many(
        self, changes: Mapping[int, Change], timeout_s: float
    ) -> dict[int, StateUnavailableError]:
        """`update` for many viewers in shared round trips; each succeeds or fails on its own.

        Returns:
            The viewers whose change was not confirmed, and why.
        """
        futures = {
            self._writer.enqueue(viewer, change): viewer for viewer, change in changes.items()
        }
        if futures:
            self._writer.start()
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
        await self._writer.close()

    async def _in_time(self, answer: Awaitable[Answer], timeout_s: float | None) -> Answer:
        if self._state.is_local:
            return await answer
        async with asyncio.timeout(timeout_s):
            return await answer

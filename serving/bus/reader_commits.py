"""Tells the bus how far a reader came. Only people read it, so a failure is no reason to stop."""

import asyncio
from collections.abc import Sequence

import structlog

from serving.bus.bus import Message, Subscription
from serving.errors import DependencyError

COMMIT_INTERVAL_S = 1.0

_log = structlog.get_logger(__name__)


class ReaderCommits:
    """What one reader applied and has not told yet."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._uncommitted: dict[int, int] = {}
        self._committed_at_s = 0.0

    def note(self, messages: Sequence[Message]) -> None:
        """These are applied."""
        self._uncommitted |= {m.partition: m.offset + 1 for m in messages}

    @property
    def are_due(self) -> bool:
        """Whether the last time is `COMMIT_INTERVAL_S` ago."""
        return asyncio.get_running_loop().time() - self._committed_at_s >= COMMIT_INTERVAL_S

    async def tell(self, subscription: Subscription) -> None:
        if not self._uncommitted:
            return
        self._committed_at_s = asyncio.get_running_loop().time()
        try:
            await subscription.commit(self._uncommitted)
        except DependencyError as error:
            _log.warning("offsets not committed", reader=self._reader, problem=str(error))
        else:
            self._uncommitted = {}

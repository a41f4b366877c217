"""A state store in memory that a test can make fail, or let another process write into."""

import asyncio
from collections.abc import Callable, Sequence

from serving.errors import StateUnavailableError
from serving.state.state_counters import StateCounters
from serving.state.state_store import Update, Versioned


class MemoryState:
    """Implements `StateStore`.

    Attributes:
        is_away: Every call fails while true.
        answers: No call answers before it is set.
        ttl_s: Of the keys that expire; nothing does so by itself.
        before_write: Called before each write, for what another process does in between.
    """

    is_local = False

    def __init__(self) -> None:
        self.counters = StateCounters()
        self.values: dict[bytes, Versioned] = {}
        self.ttl_s: dict[bytes, int | None] = {}
        self.is_away = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.before_write: Callable[[], None] = lambda: None

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        await self.ping()
        self.counters.reads += 1
        return [self.values.get(key) for key in keys]

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        await self.ping()
        self.before_write()
        self.counters.writes += 1
        fresh = [self._is_fresh(update) for update in updates]
        if all_or_none and not all(fresh):
            return [False] * len(updates)
        for update, is_fresh in zip(updates, fresh, strict=True):
            if is_fresh:
                self.values[update.key] = Versioned(update.version, update.value)
                self.ttl_s[update.key] = update.ttl_s
        return fresh

    async def ping(self) -> None:
        await self.answers.wait()
        if self.is_away:
            raise StateUnavailableError("the test took it away")

    async def close(self) -> None:
        """Nothing is held."""

    def _is_fresh(self, update: Update) -> bool:
        stored = self.values.get(update.key)
        return (stored.version if stored else 0) == update.expected

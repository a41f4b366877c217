"""A state store in memory that can be switched off."""

from collections.abc import Sequence

from serving.errors import StateUnavailableError
from serving.state.state_counters import StateCounters
from serving.state.state_store import Update, Versioned


class MemoryStateStore:
    """Implements `StateStore` without expiry."""

    def __init__(self) -> None:
        self.counters = StateCounters()
        self.is_away = False
        self.refuses_writes = False
        self._values: dict[bytes, Versioned] = {}

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        await self.ping()
        return [self._values.get(key) for key in keys]

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        await self.ping()
        if self.refuses_writes:
            raise StateUnavailableError("writes are switched off")
        fits = [self._version(update.key) == update.expected for update in updates]
        if all_or_none and not all(fits):
            return [False] * len(updates)
        for update, is_fit in zip(updates, fits, strict=True):
            if is_fit:
                self._values[update.key] = Versioned(update.version, update.value)
        return fits

    async def ping(self) -> None:
        if self.is_away:
            raise StateUnavailableError("switched off")

    async def close(self) -> None:
        self._values.clear()

    def _version(self, key: bytes) -> int:
        stored = self._values.get(key)
        return stored.version if stored else 0

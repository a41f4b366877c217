"""State in a local RocksDB directory: the embedded mode's store, owned by one process and one loop.

Compare-and-set is safe because the directory's lock keeps other processes out and a read, the
comparison and the write happen in one step of the event loop, with no `await` between.

Durability: a write is in the operating system's hands when `write` returns, so it survives a kill
of the process; the log is synced to disk once a second, off the loop, so a power cut may take the
last second (as Redis does with `appendfsync everysec`). What came from the bus is replayed from the
checkpoints, which lie in the same log and so go back together with their effects.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path

import structlog
from rocksdict import WriteBatch

from serving.errors import StateUnavailableError
from serving.serving_loop import ordinary
from serving.state.rocksdb_directory import SENTINEL_KEY, SENTINEL_VALUE
from serving.state.rocksdb_handle import RocksDbHandle
from serving.state.rocksdb_values import pack_value, unpack_value
from serving.state.state_counters import StateCounters
from serving.state.state_store import Update, Versioned

UPKEEP_INTERVAL_S = 1.0
SWEEPS = 10
SWEEP_KEYS = 50
"""Sweeps per interval, and keys that each looks at: 43 million keys a day."""

log = structlog.get_logger()


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class RocksDbStateStore:
    """A `StateStore` whose reads of warm keys take microseconds, so they stay on the event loop.

    Keys past their expiry are treated as missing at once and removed by a slow sweep.
    """

    is_local = True

    def __init__(
        self,
        directory: Path,
        *,
        clock_ms: Callable[[], int] = wall_clock_ms,
        upkeep_interval_s: float = UPKEEP_INTERVAL_S,
    ) -> None:
        """Open or make `directory`; sync and sweep it every `upkeep_interval_s`.

        Raises:
            StateUnavailableError: it is locked, damaged, or not one of ours.
        """
        self.counters = StateCounters()
        self._directory = directory
        self._clock_ms = clock_ms
        self._upkeep_interval_s = upkeep_interval_s
        self._database = RocksDbHandle(directory, self.counters)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="state-sync")
        self._upkeep: asyncio.Task[None] | None = None
        self._needs_sync = False
        self._sweep_from = SENTINEL_KEY
        self._closed = False

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        stored = self._get(keys)
        self.counters.reads += 1
        return stored

    def keys(self, prefix: bytes) -> list[bytes]:
        """All keys with this prefix, expired ones included; takes a second per million.

        Raises:
            StateUnavailableError: a part cannot be read.
        """
        return self._database.keys(prefix)

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        stored = self._get([update.key for update in updates])
        versions = {
            update.key: record.version if record else 0
            for update, record in zip(updates, stored, strict=True)
        }
        batch = WriteBatch(raw_mode=True)
        applied = [self._apply(batch, versions, update) for update in updates]
        self.counters.writes += 1
        if all_or_none and not all(applied):
            self.counters.conflicts += len(applied)
            return [False] * len(applied)
        self.counters.conflicts += applied.count(False)
        if any(applied):
            self._write(batch)
        return applied

    async def ping(self) -> None:
        if self._database.get([SENTINEL_KEY]) != [SENTINEL_VALUE]:
            raise StateUnavailableError(f"state directory {self._directory} lost its marker")

    async def until_damaged(self) -> None:
        """See `StateStore.until_damaged`."""
        await self._database.until_damaged()

    async def close(self) -> None:
        """Sync what was written and release the directory. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.gather(self._upkeep, return_exceptions=True)
        self._executor.shutdown(wait=True)
        try:
            self._database.sync()
        except StateUnavailableError as error:
            log.error("state not synced", cause=str(error))
        self._database.close()

    async def sweep(self, max_keys: int = SWEEP_KEYS) -> int:
        """Remove the expired among the next `max_keys` keys, round and round; return how many.

        Looks for them in a thread: large values, and what was deleted before, take milliseconds.
        """
        found, self._sweep_from = await asyncio.get_running_loop().run_in_executor(
            self._executor, self._database.expired, self._sweep_from, max_keys, self._clock_ms()
        )
        return self._remove_expired(found) if found else 0

    def _remove_expired(self, keys: Sequence[bytes]) -> int:
        """Those that were written anew meanwhile stay."""
        gone = [k for k, record in zip(keys, self._get(keys), strict=True) if record is None]
        batch = WriteBatch(raw_mode=True)
        for key in gone:
            batch.delete(key)
        self._write(batch)
        return len(gone)

    def _get(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        now_ms = self._clock_ms()
        found = self._database.get(keys) if keys else []
        return [unpack_value(raw, now_ms) for raw in found]

    def _apply(self, batch: WriteBatch, versions: dict[bytes, int], update: Update) -> bool:
        if update.key == SENTINEL_KEY:
            raise ValueError(f"key {update.key!r} is reserved")
        if versions[update.key] != update.expected:
            return False
        expires_ms = 0 if update.ttl_s is None else self._clock_ms() + update.ttl_s * 1000
        batch.put(update.key, pack_value(update.version, expires_ms, update.value))
        versions[update.key] = update.version
        return True

    def _write(self, batch: WriteBatch) -> None:
        self._start_upkeep()
        self._database.write(batch)
        self._needs_sync = True

    def _start_upkeep(self) -> None:
        if self._upkeep is None:
            context = ordinary(Context())  # in no request's
            self._upkeep = asyncio.create_task(self._keep_up(), context=context)

    async def _keep_up(self) -> None:
        for turn in itertools.count(1):
            await asyncio.sleep(self._upkeep_interval_s / SWEEPS)
            try:
                if turn % SWEEPS == 0:
                    self._database.heal()
                    await self._sync()
                if self._database.takes_writes:
                    await self.sweep()
            except StateUnavailableError as error:
                self._needs_sync = True
                log.error("state_upkeep_failed", cause=str(error))
            except Exception:  # it is all that brings the store back, and nobody starts it again
                self._needs_sync = True
                log.exception("state_upkeep_failed")

    async def _sync(self) -> None:
        if self._needs_sync:
            self._needs_sync = False
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._database.sync)

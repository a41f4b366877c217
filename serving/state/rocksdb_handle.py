"""An open RocksDB directory that tells damage from a passing failure, and heals from a full disk.

After a write that failed RocksDB takes no more until it is opened anew; reads go on. A block that
cannot be read stays so: the damage is written down, and the next start rebuilds the store.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from rocksdict import WriteBatch

from serving.disk_room import has_room
from serving.errors import StateDamagedError, StateUnavailableError
from serving.state.damage_mark import mark_damaged
from serving.state.manifest_length import record_manifest
from serving.state.rocksdb_directory import is_damage, open_directory
from serving.state.rocksdb_values import expired_keys, keys_that_begin
from serving.state.state_counters import StateCounters

log = structlog.get_logger()


class RocksDbHandle:
    """Reads and writes of one directory. Every method raises StateUnavailableError on failure.

    Attributes:
        takes_writes: False after a write failed, until `heal`.
    """

    def __init__(self, directory: Path, counters: StateCounters) -> None:
        """Open or make `directory`; see `open_directory` for what that raises."""
        self._directory = directory
        self._counters = counters
        self._database = open_directory(directory)
        self.takes_writes = True
        self._damage = asyncio.Event()

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found: list[bytes | None] = self._call(self._database.get, list(keys))
        return found

    def expired(self, first_key: bytes, max_keys: int, now_ms: int) -> tuple[list[bytes], bytes]:
        """See `expired_keys`."""
        found: tuple[list[bytes], bytes] = self._call(
            expired_keys, self._database, first_key, max_keys, now_ms
        )
        return found

    def keys(self, prefix: bytes) -> list[bytes]:
        """See `keys_that_begin`."""
        found: list[bytes] = self._call(keys_that_begin, self._database, prefix)
        return found

    def write(self, batch: WriteBatch) -> None:
        if not self.takes_writes:
            self._counters.failures += 1
            raise StateUnavailableError(f"state directory {self._directory} takes no writes now")
        try:
            self._call(self._database.write, batch)
        except StateUnavailableError as error:
            self.takes_writes = False
            log.error("state takes no writes", cause=str(error))
            raise

    def sync(self) -> None:
        """Put the log on the disk. May be called in a thread, one call at a time."""
        if self.takes_writes:
            self._call(self._database.flush_wal, True)
            self._call(record_manifest, self._directory)

    def heal(self) -> None:
        """Take writes again once there is room for them.

        On the loop, so that nobody meets a closed store: it takes milliseconds, and is rare.
        """
        if self.takes_writes or self._damage.is_set() or not has_room(self._directory):
            return
        with contextlib.suppress(Exception):  # it repeats why the write failed
            self._database.close()
        try:
            self._database = open_directory(self._directory)
        except StateDamagedError:
            self._damage.set()
            raise
        self.takes_writes = True
        log.warning("state takes writes again", directory=str(self._directory))

    def close(self) -> None:
        """What fails is logged: everything acknowledged is in the log that the next start reads."""
        try:
            self._call(self._database.close)
            self._call(record_manifest, self._directory)
        except StateUnavailableError as error:
            log.error("state not closed in order", cause=str(error))

    async def until_damaged(self) -> None:
        """See `StateStore.until_damaged`."""
        await self._damage.wait()
        raise StateDamagedError(
            f"state directory {self._directory} is damaged: the next start rebuilds it"
        )

    def _call(self, function: Callable[..., Any], *arguments: object) -> Any:
        try:
            return function(*arguments)
        except Exception as error:  # rocksdict raises nothing more precise
            self._counters.failures += 1
            problem = f"state directory {self._directory} failed: {str(error)[:200]}"
            if not is_damage(error):
                raise StateUnavailableError(problem) from error
            mark_damaged(self._directory, str(error)[:200])
            self._damage.set()
            raise StateDamagedError(problem) from error

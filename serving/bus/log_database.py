"""The open RocksDB of an embedded log: tells damage from a passing failure, heals from a full disk.

After a write that failed RocksDB takes no more until it is opened anew; reads go on meanwhile. A
log cannot be made anew from anything, so damage is raised as what people must look at.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog
from rocksdict import Rdict, WriteBatch, WriteOptions

from serving.bus.log_directory import DATABASE, EndOf, open_directory
from serving.disk_room import has_room
from serving.errors import BusUnavailableError, FeedError, PreconditionError

_log = structlog.get_logger(__name__)


class LogDatabase:
    """Used from two threads: one writes and heals, the other reads, through `reading`.

    Every method raises BusUnavailableError where it may succeed later, PreconditionError where
    files are damaged.
    """

    def __init__(self, directory: Path, end_of: EndOf) -> None:
        """Open or create the log in `directory`; see `open_directory` for what that raises."""
        self._directory = directory
        self._end_of = end_of
        self._database = open_directory(directory, end_of)
        self._takes_writes = True
        self._in_use = threading.Lock()
        self._synced = WriteOptions()
        self._synced.sync = True
        self._unsynced = WriteOptions()

    @property
    def takes_writes(self) -> bool:
        """False after a write failed, until `heal`."""
        return self._takes_writes

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        with self._explained():
            found: list[bytes | None] = self._database.get(list(keys))
        return found

    @contextlib.contextmanager
    def reading(self) -> Iterator[Rdict]:
        """The database, for as long as the body runs: it is not closed meanwhile."""
        with self._in_use, self._explained():
            yield self._database

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        """All or nothing, of which a failed one may show either once the log is opened anew."""
        if not self._takes_writes:
            raise BusUnavailableError(f"log directory {self._directory} takes no writes now")
        try:
            with self._explained():
                self._database.write(batch, self._synced if sync else self._unsynced)
        except BusUnavailableError as error:
            self._takes_writes = False
            _log.error("log takes no writes", cause=str(error))
            raise

    def sync(self) -> None:
        """Put everything that was written on the disk."""
        with self._explained():
            self._database.flush_wal(True)

    def heal(self) -> bool:
        """Open it anew if there is room to write; whether it takes writes again."""
        if not has_room(self._directory / DATABASE):
            return False
        with self._in_use:
            with contextlib.suppress(Exception):  # it repeats why the write failed
                self._database.close()
            self._database = open_directory(self._directory, self._end_of)
        self._takes_writes = True
        _log.warning("log takes writes again", directory=str(self._directory))
        return True

    def close(self) -> None:
        with self._in_use, self._explained():
            self._database.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FeedError:
            raise
        except Exception as error:  # rocksdict raises nothing more precise
            said = str(error)[:200]
            if "Corruption" in said or "No such file" in said:
                raise PreconditionError(
                    f"log directory {self._directory} is damaged: {said}"
                ) from error
            raise BusUnavailableError(f"log directory {self._directory}: {said}") from error

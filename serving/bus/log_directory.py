"""Opens the directory of an embedded log, and refuses one that lost data.

RocksDB opens a database whose MANIFEST was cut as if it were healthy and empty, and a read-write
open then deletes the data files. So before the real open, a read-only one must show the sentinel
key and at least the end offsets that `ends.json`, written beside the database, remembers.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rocksdict import AccessType, Options, Rdict

from serving.bus.log_records import SENTINEL_KEY, SENTINEL_VALUE
from serving.errors import BusUnavailableError, PreconditionError

ENDS_FILE = "ends.json"
DATABASE = "rocksdb"
"""Folder of the database in a log directory; what we remember of it lies beside."""
_UNFINISHED = "rocksdb.new"
_WRITE_BUFFER_BYTES = 16 << 20
_WAL_BYTES = 64 << 20

EndOf = Callable[[Rdict, str, int], int]


def open_directory(directory: Path, end_of: EndOf) -> Rdict:
    """Open or create the log in `directory`; `end_of` tells a partition's end offset.

    Raises:
        BusUnavailableError: Another process holds the directory, or it cannot be read or written.
        PreconditionError: The directory holds something else, or a log that lost data.
    """
    database = directory / DATABASE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if database.exists():
            _verify(directory, database, end_of)
        elif any(path.name != _UNFINISHED for path in directory.iterdir()):
            problem = f"is not empty and has no {DATABASE}: damaged, or not a feedrank log"
            raise PreconditionError(f"log directory {directory} {problem}")
        else:
            _create(directory / _UNFINISHED, database)
        return _open(database)
    except OSError as error:
        raise BusUnavailableError(f"log directory {directory}: {error}") from error


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_total_wal_size(_WAL_BYTES)
    options.set_keep_log_file_num(2)
    return options


def _create(unfinished: Path, database: Path) -> None:
    """Make an empty database under another name, so that a crash never leaves one half made."""
    db = _open(unfinished)
    db[SENTINEL_KEY] = SENTINEL_VALUE
    db.close()
    unfinished.rename(database)


def _open(database: Path) -> Rdict:
    try:
        return Rdict(str(database), _options())
    except Exception as error:  # rocksdict raises plain Exception for everything
        problem = str(error)
        if "lock file" in problem or "lock hold" in problem:  # not "block", which is damage
            problem = "another process holds it; stop that process or use another directory"
        raise BusUnavailableError(f"log directory {database.parent}: {problem}") from error


def _verify(directory: Path, database: Path, end_of: EndOf) -> None:
    try:
        db = Rdict(str(database), Options(raw_mode=True), access_type=AccessType.read_only(False))
    except Exception as error:
        raise PreconditionError(f"log directory {directory} is damaged: {error}") from error
    try:
        if db.get(SENTINEL_KEY) != SENTINEL_VALUE:
            problem = "has data but no sentinel: damaged, or not a feedrank log"
            raise PreconditionError(f"log directory {directory} {problem}; nothing was changed")
        for topic_name, ends in read_ends(directory).items():
            for partition, remembered in enumerate(ends):
                found = end_of(db, topic_name, partition)
                if found < remembered:
                    problem = f"{topic_name}[{partition}] ends at {found}, was at {remembered}"
                    raise PreconditionError(
                        f"log directory {directory} lost data: {problem}; nothing was changed"
                    )
    finally:
        db.close()


def read_ends(directory: Path) -> dict[str, list[int]]:
    """Topic -> end offset of each partition when they were last written; empty if never.

    Raises:
        PreconditionError: The file is damaged.
    """
    path = directory / ENDS_FILE
    if not path.exists():
        return {}
    try:
        ends: dict[str, list[int]] = json.loads(path.read_text())
    except ValueError as error:
        raise PreconditionError(f"log directory: {path} is damaged: {error}") from error
    return ends


def write_ends(directory: Path, ends: Mapping[str, Sequence[int]]) -> None:
    """Remember end offsets, merged over those of topics not used this time; atomic and synced."""
    path = directory / ENDS_FILE
    temporary = path.with_suffix(".new")
    with temporary.open("w") as file:
        json.dump({**read_ends(directory), **ends}, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)

"""Opens a RocksDB directory so that damage and mistakes are refused instead of served as "empty".

RocksDB opens a directory whose MANIFEST is damaged, or that another program made, and may delete
data files while doing so. So an existing directory must have a MANIFEST as long as it was, and is
opened read-only first, to show a key that was written when the directory was made.
"""

from pathlib import Path

from rocksdict import AccessType, Options, Rdict

from serving.errors import StateDamagedError, StateUnavailableError
from serving.state.damage_mark import damage_of
from serving.state.manifest_length import RECORD_NAME, record_manifest, require_whole_manifest
from serving.state.rocksdb_options import raw_options

SENTINEL_KEY = b"\x00feedrank"
"""Sorts before every other key; no caller may use it."""
SENTINEL_VALUE = b"feedrank state, format 1"
BLOCK_CACHE_BYTES = 64 << 20


def open_directory(directory: Path) -> Rdict:
    """Open or make the store in `directory`; this process is then its only writer.

    Raises:
        StateDamagedError: files of it are missing, cut or damaged.
        StateUnavailableError: it is locked by another process, or not one of ours.
    """
    is_new = not (directory / "CURRENT").exists()
    try:
        if is_new:
            _refuse_leftovers(directory)
            directory.mkdir(parents=True, exist_ok=True)
        else:
            _refuse_marked(directory)
            require_whole_manifest(directory)
            _require_sentinel(directory)
        database = Rdict(str(directory), _options(create=is_new))
        if is_new:
            database.put(SENTINEL_KEY, SENTINEL_VALUE)
            database.flush(True)
        record_manifest(directory)
    except StateUnavailableError:
        raise
    except Exception as error:  # rocksdict raises nothing more precise
        raise _explained(directory, error) from error
    return database


def _refuse_leftovers(directory: Path) -> None:
    if directory.is_dir() and any(directory.glob("*.sst")):
        raise StateDamagedError(
            f"state directory {directory} is damaged: it has data files but no CURRENT file"
        )


def _refuse_marked(directory: Path) -> None:
    cause = damage_of(directory)
    if cause is not None:
        raise StateDamagedError(f"state directory {directory} is damaged: {cause}")


def _require_sentinel(directory: Path) -> None:
    view = Rdict(str(directory), _options(create=False), access_type=AccessType.read_only(False))
    try:
        found = view.get(SENTINEL_KEY)
    finally:
        view.close()
    if found == SENTINEL_VALUE:
        return
    if (directory / RECORD_NAME).exists():
        raise StateDamagedError(
            f"state directory {directory} is damaged: its marker is {found!r}, "
            f"not {SENTINEL_VALUE!r}"
        )
    raise StateUnavailableError(
        f"state directory {directory} was not made by this program (its marker is {found!r}, "
        f"not {SENTINEL_VALUE!r}): move it away, or name another"
    )


def _explained(directory: Path, error: Exception) -> StateUnavailableError:
    said = str(error)[:200]
    if "lock file" in said or "lock hold" in said:  # not "block", which is damage
        return StateUnavailableError(
            f"state directory {directory} is in use by another store: one process may own it"
        )
    if is_damage(error) and (directory / RECORD_NAME).exists():
        return StateDamagedError(f"state directory {directory} is damaged: {said}")
    return StateUnavailableError(f"state directory {directory} cannot be opened: {said}")


def is_damage(error: Exception) -> bool:
    """Whether RocksDB says that files are missing or their contents wrong."""
    said = str(error)
    return any(word in said for word in ("Corruption", "No such file", "not found"))


def _options(*, create: bool) -> Options:
    return raw_options(BLOCK_CACHE_BYTES, create=create)

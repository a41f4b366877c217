"""Opens a RocksDB directory so that damage and mistakes are refused instead of served as "empty".

RocksDB opens a directory whose MANIFEST is damaged, or that another program made, and may delete
data files while doing so. So an existing directory must have a MANIFEST as long as it was, and is
opened read-only first, to show a key that was written when the directory was made.
"""

from pathlib import Path

from rocksdict import AccessType, Options, Rdict

from serving.errors import StateUnavailableError
from serving.state.manifest_length import record_manifest, require_whole_manifest
from serving.state.rocksdb_options import raw_options

SENTINEL_KEY = b"\x00feedrank"
"""Sorts before every other key; no caller may use it."""
SENTINEL_VALUE = b"feedrank state, format 1"
BLOCK_CACHE_BYTES = 64 << 20


def open_directory(directory: Path) -> Rdict:
    """Open or make the store in `directory`; this process is then its only writer.

    Raises:
        StateUnavailableError: it is locked by another process, damaged, or not one of ours.
    """
    is_new = not (directory / "CURRENT").exists()
    try:
        if is_new:
            _refuse_leftovers(directory)
            directory.mkdir(parents=True, exist_ok=True)
        else:
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
        raise StateUnavailableError(_explain(directory, error)) from error
    return database


def _refuse_leftovers(directory: Path) -> None:
    if directory.is_dir() and any(directory.glob("*.sst")):
        raise StateUnavailableError(
            f"state directory {directory} has data files but no CURRENT file: "
            "restore it from a backup or move it away"
        )


def _require_sentinel(directory: Path) -> None:
    view = Rdict(str(directory), _options(create=False), access_type=AccessType.read_only(False))
    try:
        found = view.get(SENTINEL_KEY)
    finally:
        view.close()
    if found != SENTINEL_VALUE:
        raise StateUnavailableError(
            f"state directory {directory} is damaged or was not made by this program (its marker "
            f"is {found!r}, not {SENTINEL_VALUE!r}): restore it from a backup or move it away"
        )


def _explain(directory: Path, error: Exception) -> str:
    if "lock" in str(error).lower():
        return f"state directory {directory} is in use by another store: one process may own it"
    return f"state directory {directory} cannot be opened: {str(error)[:200]}"


def _options(*, create: bool) -> Options:
    return raw_options(BLOCK_CACHE_BYTES, create=create)

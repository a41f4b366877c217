"""Remembers how long RocksDB's MANIFEST was, because a cut one opens without an error.

RocksDB takes a MANIFEST that ends early for a whole one: the data files that it no longer names are
gone, and opening for writing deletes them. It only ever grows while it is in use, so one that is
shorter than it has been is damaged. Damage in its middle is caught by RocksDB's own checksums.
"""

import os
from pathlib import Path

from serving.errors import StateDamagedError

RECORD_NAME = "feedrank-manifest"
"""File beside RocksDB's own: name and length in bytes of the MANIFEST in use."""


def record_manifest(directory: Path) -> None:
    """Remember the MANIFEST in use; cheap when nothing changed.

    Raises:
        OSError: the directory cannot be read or written.
    """
    manifest = _manifest_in_use(directory)
    record = f"{manifest.name} {manifest.stat().st_size}"
    path = directory / RECORD_NAME
    if path.exists() and path.read_text() == record:
        return
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w") as file:
        file.write(record)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def require_whole_manifest(directory: Path) -> None:
    """Refuse a MANIFEST that is shorter than it has been.

    Raises:
        StateDamagedError: naming the file, its length and the length remembered.
        OSError: a file cannot be read.
    """
    path = directory / RECORD_NAME
    if not path.exists():  # killed within its first second
        return
    name, length = path.read_text().split()
    manifest = _manifest_in_use(directory)
    found = manifest.stat().st_size
    if manifest.name == name and found < int(length):
        raise StateDamagedError(
            f"state directory {directory} is damaged: {name} has {found} bytes and had {length}: "
            "restore it from a backup or move it away"
        )


def _manifest_in_use(directory: Path) -> Path:
    return directory / (directory / "CURRENT").read_text().strip()

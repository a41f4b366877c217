"""Damage that was met while a store was in use, written down for whoever opens it next.

RocksDB finds a damaged block when it is read, perhaps weeks after it was opened: the next start
would open the directory without a word.
"""

from pathlib import Path

MARK_NAME = "feedrank-damaged"


def mark_damaged(directory: Path, cause: str) -> None:
    """Write `cause` down; what cannot be written is found again anyway."""
    try:
        (directory / MARK_NAME).write_text(cause)
    except OSError:
        return


def damage_of(directory: Path) -> str | None:
    """What was written down, if anything."""
    mark = directory / MARK_NAME
    return mark.read_text() if mark.exists() else None

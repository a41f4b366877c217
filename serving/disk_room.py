"""Whether a disk that was full has room again, before a store is closed to be opened anew.

A RocksDB whose log could not be written refuses all writes until it is opened again, and opening
writes. So the room is tried out first: closed and not to be opened, it could not even be read.
"""

import contextlib
import os
from pathlib import Path

SPARE_BYTES = 1 << 20
"""Beside the logs, which are written once more as data files."""

TRIAL_NAME = "feedrank-room"


def has_room(directory: Path) -> bool:
    """Whether as much as opening takes can be written to `directory`. Leaves nothing behind."""
    trial = directory / TRIAL_NAME
    try:
        needed = SPARE_BYTES + sum(path.stat().st_size for path in directory.glob("*.log"))
        with trial.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, needed)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):  # the disk may be read-only by now
            trial.unlink()
    return True

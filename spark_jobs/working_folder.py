"""Where a build works: beside the finished generations, under a name nobody takes for one.

A build that dies leaves its folder; the next one removes it, for the lock on it died too.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".building-"
LOCK = "lock"


@contextmanager
def working_folder(generations: Path) -> Iterator[Path]:
    """Give an empty folder on the file system of `generations`, gone when the block ends."""
    generations.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(generations)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=generations))
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(generations: Path) -> None:
    for folder in generations.glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError):
            continue  # at work, or only just starting or ending

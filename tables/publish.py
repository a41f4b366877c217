"""Puts a finished folder in its place in one step, so that nobody ever sees half of one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tables.errors import ImportFailedError


@contextmanager
def published(out: Path, replace: bool) -> Iterator[Path]:
    """Give a temporary folder beside `out` that becomes `out` when the block ends well.

    Raises:
        ImportFailedError: `out` is there and is not to be replaced, or cannot be made.
    """
    if out.exists() and not replace:
        raise ImportFailedError([f"{out} already exists: remove it, or ask to replace it"])
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f"{out.name}.tmp-", dir=out.parent))
    except OSError as error:
        raise ImportFailedError([f"{out} cannot be written: {error.strerror}"]) from error
    try:
        yield work
        work.chmod(0o755)
        _put_in_place(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put_in_place(work: Path, out: Path) -> None:
    if not out.exists():
        work.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f"{out.name}.old-", dir=out.parent))
    out.rename(old / out.name)
    try:
        work.rename(out)
    except OSError:
        (old / out.name).rename(out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)

"""A value that is read from files, and read again when they change: no restart to rotate a secret.

Files that are no good change nothing: the value before stays. They are tried again when they
change, and every minute as they are: it may be the time, as with a certificate not valid yet.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from serving.deadline import MonotonicSeconds
from serving.metrics import SECRET_RELOADS
from serving.metrics_recorder import Metrics

CHECK_S = 1.0
"""How often files are looked at, at most; each look costs a few microseconds per file."""

RETRY_S = 60.0
"""After so long files that were no good are tried again."""

Value = TypeVar("Value")
FileStamp = tuple[int, int, int]
log = structlog.get_logger()


class WatchedFiles(Generic[Value]):
    """Keeps the value of one set of files. Looks at them when it is asked, and starts no thread."""

    def __init__(
        self,
        name: str,
        paths: Sequence[Path],
        read: Callable[[], Value],
        metrics: Metrics,
        monotonic: MonotonicSeconds = time.monotonic,
    ) -> None:
        """Read for the first time.

        Args:
            name: What the files hold, for logs and the metric; never the contents.
            read: Raises ValueError or OSError for files that are damaged or half replaced.

        Raises:
            ValueError, OSError: from `read`.
        """
        self._name = name
        self._paths = paths
        self._read = read
        self._metrics = metrics
        self._monotonic = monotonic
        self._stamps = self._look()
        self._looked_s = monotonic()
        self._retry_s = math.inf
        self._refused = ""
        self._value = read()

    @property
    def value(self) -> Value:
        """The value of the files, at most `CHECK_S` old."""
        now_s = self._monotonic()
        if now_s - self._looked_s >= CHECK_S:
            self._looked_s = now_s
            self._renew()
        return self._value

    def _renew(self) -> None:
        stamps = self._look()
        has_changed = stamps != self._stamps
        if not has_changed and self._looked_s < self._retry_s:
            return
        self._stamps, self._retry_s = stamps, math.inf
        try:
            self._value = self._read()
        except (ValueError, OSError) as error:
            self._retry_s = self._looked_s + RETRY_S
            told, self._refused = self._refused, _cause(error)
            if not has_changed and told == self._refused:
                return
            self._metrics.counter(SECRET_RELOADS, self._name, "refused").inc()
            log.error(
                "changed files are no good: the old ones stay",
                files=self._name,
                cause=self._refused,
            )
            return
        self._metrics.counter(SECRET_RELOADS, self._name, "taken").inc()
        log.info("changed files are in use", files=self._name)

    def _look(self) -> list[FileStamp | None]:
        return [_stamp(path) for path in self._paths]


def _stamp(path: Path) -> FileStamp | None:
    """Changes with a file's contents; a link that is pointed elsewhere counts, too."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _cause(error: ValueError | OSError) -> str:
    """Without the path: logs leave the machine."""
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)

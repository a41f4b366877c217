"""Files that a connection to Kafka needs: read when first needed, and again when they change.

A process starts without its bus, so files that are no good end nothing: they are said to be so by
whoever fails to connect, and looked at again by the next attempt.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles

Value = TypeVar("Value")


class KafkaFilesError(ValueError):
    """What is wrong with a file of the bus address, by the name of its option; never its path."""


class KafkaFiles(Generic[Value]):
    """The value of some files; once it could be read, the last good one."""

    def __init__(
        self, name: str, paths: Sequence[Path], read: Callable[[], Value], metrics: Metrics
    ) -> None:
        """As `WatchedFiles`, except that nothing is read yet."""
        self._open = partial(WatchedFiles[Value], name, paths, read, metrics)
        self._watched: WatchedFiles[Value] | None = None

    @property
    def value(self) -> Value:
        """The value of the files, at most a second old.

        Raises:
            KafkaFilesError: it was never good.
        """
        if self._watched is None:
            try:
                self._watched = self._open()
            except OSError as error:
                raise KafkaFilesError(error.strerror or "a file cannot be read") from error
            except ValueError as error:
                raise KafkaFilesError(str(error)) from error
        return self._watched.value


def read_option(path: Path, option: str) -> bytes:
    """The bytes of one file.

    Raises:
        KafkaFilesError: naming the option.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise KafkaFilesError(f"{option}: {(error.strerror or 'cannot be read').lower()}") from None

"""A stream for logs that never fails: where the disk of the log is full, lines are lost, not calls.

Without it the line about a failure raises in the middle of a request that had coped with it.
"""

import io
from typing import TextIO


class LossyStream(io.TextIOBase, TextIO):
    """Passes text on to `stream`; what that refuses is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            return

    def isatty(self) -> bool:
        return self._stream.isatty()

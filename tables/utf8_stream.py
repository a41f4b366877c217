"""Passes a byte stream on as valid UTF-8, with a mark in place of each byte that was none.

The CSV parser gives up a whole file at the first bad byte; with marks in their place, only the
rows that have them are rejected.
"""

import codecs
import re
from typing import Protocol

CHUNK_BYTES = 4 << 20

BAD_BYTE_MARK = "\uffff"
"""Not a character, so no text has it."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Utf8Stream:
    """A readable file of valid UTF-8.

    Attributes:
        has_marks: Whether a bad byte has been met so far.
    """

    closed = False

    def __init__(self, stream: _Readable) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._ready = b""
        self._ended = False
        self.has_marks = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none only at the end."""
        while not self._ready and not self._ended:
            raw = self._stream.read(CHUNK_BYTES)
            self._ended = not raw
            self._ready = self._valid(raw)
        given, self._ready = self._ready[:size], self._ready[size:]
        return given

    def _valid(self, raw: bytes) -> bytes:
        text = self._decoder.decode(raw, final=not raw)
        try:
            return text.encode()
        except UnicodeEncodeError:
            self.has_marks = True
            return _ESCAPED_BYTE.sub(BAD_BYTE_MARK, text).encode()

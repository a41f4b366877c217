"""The bytes of a session record.

Little-endian: a header (format, revocation version, last positive, when it was lost, then the row
counts of the tables and the numbers of stored feeds and remembered pages), the tables one after
another, then each stored feed and each remembered page behind its length. A record that an older
release wrote must still be read.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from feed_assembly.session.revocations import ROW, Revocations
from feed_assembly.session.served_ring import SERVED, ServedRing
from feed_assembly.session.session import KEPT_MS_OF, SessionRecord

FORMAT = 2
_COUNTS = f"{len(KEPT_MS_OF) + 3}I"
_HEADER = struct.Struct(f"<Bqqq{_COUNTS}")
_HEADER_1 = struct.Struct(f"<Bqq{_COUNTS}")
"""Format 1 did not say when a record was lost."""
_LENGTH = struct.Struct("<I")
_KINDS: tuple[str, ...] = tuple(KEPT_MS_OF)


class SessionFormatError(ValueError):
    """These bytes are no session record that this release reads."""


def pack_session(record: SessionRecord) -> bytes:
    tables = [getattr(record, kind).rows for kind in _KINDS]
    tables.append(record.served.rows)
    parts = [
        _HEADER.pack(
            FORMAT,
            record.revocation_version,
            record.last_positive_ms,
            record.lost_ms,
            *map(len, tables),
            len(record.stored_feeds),
            len(record.remembered_pages),
        ),
        *(table.tobytes() for table in tables),
    ]
    for blob in (*record.stored_feeds, *record.remembered_pages):
        parts += (_LENGTH.pack(len(blob)), blob)
    return b"".join(parts)


def unpack_session(raw: bytes) -> SessionRecord:
    """The record in `raw`; its tables are read-only views into it.

    Raises:
        SessionFormatError: another format, cut short, or something left over.
    """
    try:
        version, positive_ms, lost_ms, *counts, feed_count, page_count = _header(raw)
        reader = _Reader(raw, (_HEADER_1 if raw[0] == 1 else _HEADER).size)
        tables = {
            kind: Revocations(reader.table(ROW, count))
            for kind, count in zip(_KINDS, counts[:-1], strict=True)
            if count
        }
        served = ServedRing(reader.table(SERVED, counts[-1]))
        feeds = tuple(reader.blob() for _ in range(feed_count))
        pages = tuple(reader.blob() for _ in range(page_count))
        reader.require_end()
        return SessionRecord(
            version,
            positive_ms,
            lost_ms,
            **tables,
            served=served,
            stored_feeds=feeds,
            remembered_pages=pages,
        )
    except (struct.error, ValueError) as error:
        raise SessionFormatError(f"{len(raw)} bytes are no session record: {error}") from error


def _header(raw: bytes) -> tuple[int, ...]:
    """The fields behind the format, those of the present one."""
    written_format = raw[0] if raw else 0
    if written_format == FORMAT:
        return _HEADER.unpack_from(raw)[1:]
    if written_format == 1:
        _, version, positive_ms, *counts = _HEADER_1.unpack_from(raw)
        return version, positive_ms, 0, *counts
    raise SessionFormatError(f"format is {written_format}, need 1 or {FORMAT}")


class _Reader:
    def __init__(self, raw: bytes, position: int) -> None:
        self._raw = raw
        self._position = position

    def table(self, dtype: np.dtype[Any], count: int) -> npt.NDArray[Any]:
        table = np.frombuffer(self._raw, dtype, count, self._position)
        self._position += table.nbytes
        return table

    def blob(self) -> bytes:
        (length,) = _LENGTH.unpack_from(self._raw, self._position)
        start = self._position + _LENGTH.size
        self._position = start + length
        return self._raw[start : self._position]

    def require_end(self) -> None:
        if self._position != len(self._raw):
            raise SessionFormatError(f"ends at byte {self._position} of {len(self._raw)}")

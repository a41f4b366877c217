"""Page tokens: where a viewer's scrolling goes on, signed so that nobody can make one up.

Whoever presents a wrong token learns that it is wrong and not why.
"""

import base64
import hmac
import struct
from typing import Any, NamedTuple

from feed_assembly.page_keys import PageKeys
from feed_assembly.stored_feed import Cursor
from feed_assembly.token_signature import signature
from serving.errors import InvalidRequestError

VALID_MS = 30 * 60_000
MAX_SKEW_MS = 5 * 60_000
"""How far ahead the clock of the replica that issued a token may be."""

_FORMAT = 2
_FIELDS = struct.Struct("<Bq16sHHIHqqq")
_FIELDS_1 = struct.Struct("<Bq16sHHIHqq")
"""Format 1 carried no revocation version; its tokens end half an hour after the last was issued."""
SIGNATURE_BYTES = 32
_PURPOSE = b"feedrank page token\0"


class PageToken(NamedTuple):
    """What a token says.

    Attributes:
        feed_id: 32 hex digits.
        cursor: Where the next page of that feed begins.
        floor_taken: Items of the popular floor shown in this scrolling.
        scroll_started_ms: When this scrolling began; nothing served since is shown again.
        revocation_version: Of the viewer's session when the page was cut. A session that is behind
            it has lost revocations that the viewer was told are in force.
    """

    feed_id: str
    cursor: Cursor
    floor_taken: int
    scroll_started_ms: int
    revocation_version: int = 0


class PageTokens:
    """Signs tokens with the newest key and reads those of all that are still accepted."""

    def __init__(self, keys: PageKeys) -> None:
        self._keys = keys

    def sign(self, viewer_id: int, token: PageToken, now_ms: int) -> str:
        cursor = token.cursor
        fields = _FIELDS.pack(
            _FORMAT,
            viewer_id,
            bytes.fromhex(token.feed_id),
            cursor.slot,
            cursor.reserve_used,
            cursor.position,
            token.floor_taken,
            token.scroll_started_ms,
            now_ms,
            token.revocation_version,
        )
        return _text(fields + _signature(self._keys.signing(), fields))

    def read(self, text: str, viewer_id: int, now_ms: int) -> PageToken:
        """What a token of this viewer says.

        Raises:
            InvalidRequestError: it was not signed here, belongs to another viewer or is over
                30 minutes old.
        """
        fields = _unpacked(self._signed_fields(text))
        viewer, feed_id, slot, reserve_used, position, taken, started_ms, issued_ms, version = (
            fields
        )
        if viewer != viewer_id or not -MAX_SKEW_MS <= now_ms - issued_ms <= VALID_MS:
            raise _invalid()
        cursor = Cursor(slot, reserve_used, position)
        return PageToken(feed_id.hex(), cursor, taken, started_ms, version)

    def _signed_fields(self, text: str) -> bytes:
        try:
            raw = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
        except ValueError:
            raise _invalid() from None
        fields, given = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        is_ours = any(
            hmac.compare_digest(given, _signature(key, fields)) for key in self._keys.accepted()
        )
        # Padding bits do not change the bytes; only the one spelling we gave out is accepted.
        if not is_ours or _text(raw) != text:
            raise _invalid()
        return fields


def _signature(key: bytes, fields: bytes) -> bytes:
    return signature(key, _PURPOSE + fields)


def _unpacked(fields: bytes) -> tuple[Any, ...]:
    """All fields behind the format, of the present format."""
    if fields[:1] == bytes([_FORMAT]) and len(fields) == _FIELDS.size:
        return _FIELDS.unpack(fields)[1:]
    if fields[:1] == b"\x01" and len(fields) == _FIELDS_1.size:
        return (*_FIELDS_1.unpack(fields)[1:], 0)
    raise _invalid()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")


def _invalid() -> InvalidRequestError:
    return InvalidRequestError("page_token", "is not valid for this viewer, or no longer")

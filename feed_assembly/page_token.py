"""Page tokens: where a viewer's scrolling goes on, signed so that nobody can make one up.

Whoever presents a wrong token learns that it is wrong and not why.
"""

import base64
import hmac
import struct
from dataclasses import dataclass

from feed_assembly.page_keys import PageKeys
from feed_assembly.stored_feed import Cursor
from serving.errors import InvalidRequestError

VALID_MS = 30 * 60_000
MAX_SKEW_MS = 5 * 60_000
"""How far ahead the clock of the replica that issued a token may be."""

_FORMAT = 1
_FIELDS = struct.Struct("<Bq16sHHIHqq")
_PURPOSE = b"feedrank page token\0"


@dataclass(frozen=True, slots=True)
class PageToken:
    """What a token says.

    Attributes:
        feed_id: 32 hex digits.
        cursor: Where the next page of that feed begins.
        floor_taken: Items of the popular floor shown in this scrolling.
        scroll_started_ms: When this scrolling began; nothing served since is shown again.
    """

    feed_id: str
    cursor: Cursor
    floor_taken: int
    scroll_started_ms: int


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
        )
        return _text(fields + _signature(self._keys.signing(), fields))

    def read(self, text: str, viewer_id: int, now_ms: int) -> PageToken:
        """What a token of this viewer says.

        Raises:
            InvalidRequestError: it was not signed here, belongs to another viewer or is over
                30 minutes old.
        """
        fields = self._signed_fields(text)
        (_, viewer, feed_id, slot, reserve_used, position, floor_taken, started_ms, issued_ms) = (
            _FIELDS.unpack(fields)
        )
        if viewer != viewer_id or not -MAX_SKEW_MS <= now_ms - issued_ms <= VALID_MS:
            raise _invalid()
        return PageToken(
            feed_id.hex(), Cursor(slot, reserve_used, position), floor_taken, started_ms
        )

    def _signed_fields(self, text: str) -> bytes:
        try:
            raw = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
        except ValueError:
            raise _invalid() from None
        fields, signature = raw[: _FIELDS.size], raw[_FIELDS.size :]
        is_ours = any(
            hmac.compare_digest(signature, _signature(key, fields)) for key in self._keys.accepted()
        )
        # Padding bits do not change the bytes; only the one spelling we gave out is accepted.
        if not is_ours or len(fields) != _FIELDS.size or fields[0] != _FORMAT or _text(raw) != text:
            raise _invalid()
        return fields


def _signature(key: bytes, fields: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + fields, "sha256")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")


def _invalid() -> InvalidRequestError:
    return InvalidRequestError("page_token", "is not valid for this viewer, or no longer")

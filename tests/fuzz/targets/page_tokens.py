"""Page tokens: what callers make up, and whatever fields a key of ours could have signed."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from feed_assembly.page_keys import OneKey
from feed_assembly.page_token import PageToken, PageTokens, _signature, _text
from feed_assembly.stored_feed import Cursor
from serving.errors import InvalidRequestError
from tests.fuzz.target import Target, Try
from tests.serving.fixed_clock import NOON_MS

KEY = bytes(32)
VIEWER = 7
SIGNED, AS_IT_IS = b"s", b"t"


def seeds() -> Iterator[bytes]:
    token = PageToken("ab" * 16, Cursor(3, 1, 4), 2, NOON_MS, 9)
    text = PageTokens(OneKey(KEY)).sign(VIEWER, token, NOON_MS)
    yield AS_IT_IS + text.encode()
    yield SIGNED + base64.urlsafe_b64decode(text)[:-32]


@contextmanager
def opened() -> Iterator[Try]:
    tokens = PageTokens(OneKey(KEY))

    def attempt(data: bytes) -> None:
        text = data[1:].decode("utf-8", "replace")
        if data.startswith(SIGNED):
            text = _text(data[1:] + _signature(KEY, data[1:]))
        try:
            token = tokens.read(text, VIEWER, NOON_MS)
        except InvalidRequestError:
            return
        again = tokens.sign(VIEWER, token, NOON_MS)
        assert tokens.read(again, VIEWER, NOON_MS) == token

    yield attempt


TARGET = Target("page_tokens", seeds, opened)

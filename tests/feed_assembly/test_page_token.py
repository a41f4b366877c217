"""Nobody but us can make a token, and nobody can use another's."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_assembly.page_keys import OneKey
from feed_assembly.page_token import MAX_SKEW_MS, VALID_MS, PageToken, PageTokens
from feed_assembly.stored_feed import Cursor
from serving.errors import InvalidRequestError
from tests.serving.fixed_clock import NOON_MS

TOKENS = PageTokens(OneKey(b"k" * 32))
VIEWER = 7
TOKEN = PageToken("0123456789abcdef" * 2, Cursor(20, 1, 20), 3, NOON_MS - 5)
TEXT = TOKENS.sign(VIEWER, TOKEN, NOON_MS)


def is_refused(text: str, viewer_id: int = VIEWER, now_ms: int = NOON_MS) -> bool:
    with pytest.raises(InvalidRequestError) as refused:
        TOKENS.read(text, viewer_id, now_ms)
    assert refused.value.field == "page_token"
    return str(refused.value) == "page_token: is not valid for this viewer, or no longer"


@given(
    viewer_id=st.integers(0, 2**63 - 1),
    slot=st.integers(0, 50),
    reserve=st.integers(0, 20),
    position=st.integers(0, 70),
    floor_taken=st.integers(0, 65_535),
)
def test_a_token_says_what_was_signed(viewer_id, slot, reserve, position, floor_taken) -> None:
    token = PageToken("ff" * 16, Cursor(slot, reserve, position), floor_taken, NOON_MS)
    assert TOKENS.read(TOKENS.sign(viewer_id, token, NOON_MS), viewer_id, NOON_MS) == token


@given(bit=st.integers(0, 8 * len(TEXT) - 1))
def test_any_flipped_bit_of_the_text_is_refused(bit) -> None:
    raw = bytearray(TEXT.encode())
    raw[bit // 8] ^= 1 << bit % 8
    assert is_refused(raw.decode("latin-1"))


@given(bit=st.integers(0, 8 * len(base64.urlsafe_b64decode(TEXT)) - 1))
def test_any_flipped_bit_of_the_contents_is_refused(bit) -> None:
    raw = bytearray(base64.urlsafe_b64decode(TEXT))
    raw[bit // 8] ^= 1 << bit % 8
    assert is_refused(base64.urlsafe_b64encode(raw).decode())


@given(text=st.text(max_size=200))
def test_no_other_text_is_a_token(text) -> None:
    assert is_refused(text)


@given(length=st.integers(1, len(TEXT) - 1))
def test_a_cut_token_is_refused(length) -> None:
    assert is_refused(TEXT[:length])


def test_another_viewer_cannot_use_it() -> None:
    assert is_refused(TEXT, viewer_id=VIEWER + 1)


def test_another_key_refuses_it() -> None:
    with pytest.raises(InvalidRequestError):
        PageTokens(OneKey(b"l" * 32)).read(TEXT, VIEWER, NOON_MS)


def test_it_is_valid_for_half_an_hour() -> None:
    assert TOKENS.read(TEXT, VIEWER, NOON_MS + VALID_MS) == TOKEN
    assert is_refused(TEXT, now_ms=NOON_MS + VALID_MS + 1)


def test_a_clock_that_is_a_little_ahead_is_no_reason_to_refuse() -> None:
    assert TOKENS.read(TEXT, VIEWER, NOON_MS - MAX_SKEW_MS) == TOKEN
    assert is_refused(TEXT, now_ms=NOON_MS - MAX_SKEW_MS - 1)


def test_it_carries_the_revocation_version() -> None:
    token = PageToken("ff" * 16, Cursor(1, 0, 1), 0, NOON_MS, revocation_version=2**40)
    assert TOKENS.read(TOKENS.sign(VIEWER, token, NOON_MS), VIEWER, NOON_MS) == token

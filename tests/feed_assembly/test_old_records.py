"""Records that an older release wrote must still be read: its samples lie in `samples/`."""

from pathlib import Path

from feed_assembly.page_keys import OneKey
from feed_assembly.page_token import PageToken, PageTokens
from feed_assembly.remembered_page import find_page
from feed_assembly.stored_feed import Cursor
from feed_assembly.stored_feed_codec import unpack_feed

SAMPLES = Path(__file__).parent / "samples"
SERVED_MS = 1_750_000_000_000


def test_a_stored_feed_of_format_1() -> None:
    feed = unpack_feed((SAMPLES / "stored_feed_1.bin").read_bytes())
    assert feed is not None
    assert feed.feed_id == "ab" * 16
    assert feed.item_ids.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert feed.author_ids.tolist() == [10, 11, 12, 13, 14, 15, 16]
    assert feed.list_size == 4
    assert feed.cursor == Cursor(1, 0, 1)
    assert feed.receipt.sources[0].name == "fresh"


def test_a_stored_feed_of_format_2() -> None:
    feed = unpack_feed((SAMPLES / "stored_feed_2.bin").read_bytes())
    assert feed is not None
    assert feed.feed_id == "ab" * 16
    assert feed.context == "home\n\n\nphone"
    assert feed.generation == "tiny"
    assert feed.item_ids.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert feed.author_ids.tolist() == [10, 11, 12, 13, 14, 15, 16]
    assert feed.list_size == 4
    assert feed.cursor == Cursor(1, 0, 1)
    assert feed.receipt.sources[0].name == "fresh"


def test_a_remembered_page_of_format_1() -> None:
    raw = (SAMPLES / "remembered_page_1.bin").read_bytes()
    found = find_page([raw], "a request", SERVED_MS)
    assert found is not None
    page, served_ms = found
    assert page.item_ids.tolist() == [1000, 1001]
    assert page.positions.tolist() == [0, 1]
    assert served_ms == SERVED_MS
    assert find_page([raw], "another", SERVED_MS) is None
    assert find_page([raw], "a request", SERVED_MS + 600_001) is None


def test_a_page_token_of_format_1() -> None:
    text = (SAMPLES / "page_token_1.txt").read_text().strip()
    token = PageTokens(OneKey(b"k" * 32)).read(text, 7, SERVED_MS)
    assert token == PageToken("0123456789abcdef" * 2, Cursor(20, 1, 20), 3, SERVED_MS - 5)

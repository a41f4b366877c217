"""How pages are cut from a list, and what is kept of it."""

import numpy as np
import pytest

from feed_assembly.stored_feed import START, Cursor, StoredFeed
from feed_assembly.stored_feed_codec import (
    HEADER_BYTES,
    pack_feed,
    packed_feed_id,
    unpack_feed,
)
from serving.contracts.receipt import Receipt, SourceCount
from serving.errors import StateUnavailableError


def a_feed(count: int = 7, list_size: int = 4) -> StoredFeed:
    """Items 0…count-1, the first `list_size` of them the list."""
    ids = np.arange(count, dtype=np.int64)
    return StoredFeed(
        feed_id="ab" * 16,
        created_ms=5,
        scroll_started_ms=4,
        context="home\n\n\nphone",
        generation="tiny",
        revocation_version=3,
        item_ids=ids,
        author_ids=ids + 10,
        scores=ids.astype(np.float32),
        source_bits=ids.astype(np.uint32),
        list_size=list_size,
        cursor=Cursor(1, 0, 1),
        receipt=Receipt("tiny", 2, 1, [SourceCount("fresh", 3, 2)], models={"ranker": "ab"}),
    )


def usable_but(*gone: int) -> list[bool]:
    return [row not in gone for row in range(7)]


def test_a_slice_is_the_next_places() -> None:
    cut = a_feed().slice(START, usable_but(), 3)
    assert cut.rows.tolist() == [0, 1, 2]
    assert cut.next == Cursor(3, 0, 3)


def test_the_last_slice_is_short_and_does_not_use_the_reserve() -> None:
    assert a_feed().slice(Cursor(3, 0, 3), usable_but(), 3).rows.tolist() == [3]


def test_a_hole_is_filled_from_the_reserve_in_its_place() -> None:
    cut = a_feed().slice(START, usable_but(1), 3)
    assert cut.rows.tolist() == [0, 4, 2]
    assert cut.next == Cursor(3, 1, 3)


def test_what_is_not_usable_in_the_reserve_is_passed_over() -> None:
    cut = a_feed().slice(START, usable_but(1, 4), 2)
    assert cut.rows.tolist() == [0, 5]
    assert cut.next == Cursor(2, 2, 2)


def test_without_reserve_the_list_closes_up() -> None:
    cut = a_feed().slice(START, usable_but(0, 4, 5, 6), 2)
    assert cut.rows.tolist() == [1, 2]
    assert cut.next == Cursor(3, 3, 2)


def test_nothing_usable_gives_an_empty_slice_at_the_end() -> None:
    cut = a_feed().slice(START, usable_but(*range(7)), 2)
    assert cut.rows.tolist() == []
    assert cut.next.slot == 4


def test_packing_keeps_everything() -> None:
    feed = a_feed()
    again = unpack_feed(pack_feed(feed))
    assert again is not None
    for name in StoredFeed.__dataclass_fields__.keys() - {"packed_receipt"}:
        np.testing.assert_array_equal(getattr(again, name), getattr(feed, name))
    assert pack_feed(again) == pack_feed(feed)


def test_a_feed_is_found_by_its_id_without_being_read() -> None:
    packed = pack_feed(a_feed())
    assert packed_feed_id(packed) == "ab" * 16
    assert packed_feed_id(packed[:40]) == ""


def test_nothing_is_read_that_no_feed_can_be() -> None:
    """Each field of the header at its largest: rows behind the end, texts of nothing, no time."""
    packed = pack_feed(a_feed())
    for place in range(21, HEADER_BYTES, 2):
        with pytest.raises(StateUnavailableError):
            unpack_feed(packed[:place] + b"\xff" * (HEADER_BYTES - place) + packed[HEADER_BYTES:])


@pytest.mark.parametrize("cut", [0, 3, 40, -1])
def test_a_cut_blob_is_an_error_and_not_a_shorter_feed(cut) -> None:
    with pytest.raises(StateUnavailableError):
        unpack_feed(pack_feed(a_feed())[:cut])


def test_the_cursor_never_goes_back() -> None:
    for asked, kept in ((START, Cursor(1, 0, 1)), (Cursor(2, 0, 2), Cursor(2, 0, 2))):
        again = unpack_feed(pack_feed(a_feed(), asked))
        assert again is not None
        assert again.cursor == kept

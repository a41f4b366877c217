"""The generation's content with what was published since."""

import numpy as np
import pytest

from feed_assembly.content.content import Content
from feed_assembly.content.content_base import ContentBase
from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.item_change import ItemChange
from protos import feed_pb2
from tests.feed_assembly.shown import a_page, shown


def published(item_id: int, **fields: object) -> ItemChange:
    return ItemChange("e", "publish", item_id, **fields)  # type: ignore[arg-type]


def test_content_comes_in_the_order_asked(ring) -> None:
    titles = [item.content.title for item in shown(ring.content, a_page([103, 100, 139]))]
    assert titles == ["title 103", "title 100", "title 139"]


def test_an_unknown_item_is_blank(ring) -> None:
    [item] = shown(ring.content, a_page([7]))
    assert item.HasField("content")
    assert item.content == feed_pb2.Content()


def test_a_new_item_has_its_own_content_and_its_authors_name(ring) -> None:
    ring.overlay.apply(published(7, author_id=11, title="new", categories=("cats", "chess")))
    before, item, after = shown(ring.content, a_page([100, 7, 101]))
    assert item.content.title == "new"
    assert item.content.author_name == "author 11"
    assert [before.content.title, after.content.title] == ["title 100", "title 101"]
    author_ids, categories = ring.content.facts(np.array([100, 7, 8]))
    assert author_ids.tolist() == [10, 11, -1]
    assert categories == [("cats",), ("cats", "chess"), ()]


def test_what_neither_the_generation_nor_the_bus_has_is_not_known(ring) -> None:
    ring.overlay.apply(published(7))
    ring.overlay.apply(published(8))
    ring.overlay.apply(ItemChange("e", "delete", 8))
    assert ring.content.known(np.array([9, 100, 7, 8])).tolist() == [False, True, True, False]


def test_the_latest_change_counts() -> None:
    overlay = ContentOverlay()
    overlay.apply(published(7, title="old"))
    overlay.apply(published(7, title="new"))
    item = overlay.item(7)
    assert item is not None
    assert item.title == "new"
    assert len(overlay) == 1


def test_a_deletion_wins_over_everything_after_it() -> None:
    overlay = ContentOverlay()
    overlay.apply(ItemChange("e", "delete", 7))
    overlay.apply(published(7))
    assert overlay.is_deleted(7)
    assert overlay.item(7) is None
    assert overlay.latest_deleted(5) == [7]


def test_the_oldest_go_when_there_are_too_many() -> None:
    overlay = ContentOverlay(max_items=2)
    for item_id in (1, 2, 3):
        overlay.apply(published(item_id))
    assert [overlay.item(item_id) is None for item_id in (1, 2, 3)] == [True, False, False]


def test_only_texts_go_when_there_is_too_much_text() -> None:
    overlay = ContentOverlay(max_text_bytes=10)
    overlay.apply(published(1, title="12345", author_id=11, group_id=500, categories=("cats",)))
    overlay.apply(published(2, text="1234567"))
    overlay.apply(published(2, text="12"))
    overlay.apply(published(3, media_url="12345678"))
    items = [overlay.item(item_id) for item_id in (1, 2, 3)]
    assert [item and item.title + item.text + item.media_url for item in items] == [
        "",
        "12",
        "12345678",
    ]
    assert items[0] is not None
    assert (items[0].author_id, items[0].group_id) == (11, 500)
    assert items[0].categories == ("cats",)


def test_text_is_counted_in_bytes_and_not_in_letters() -> None:
    overlay = ContentOverlay(max_text_bytes=10)
    overlay.apply(published(1, text="żółw"))
    overlay.apply(published(2, text="żółw"))
    texts = [item and item.text for item in map(overlay.item, (1, 2))]
    assert texts == ["", "żółw"]


@pytest.mark.parametrize("bounds", [{"max_items": 1}, {"max_text_bytes": 5}])
@pytest.mark.parametrize("fields", [{"visibility": "followers"}, {"is_sensitive": True}])
def test_what_not_everybody_may_see_is_not_forgotten(ring, bounds, fields) -> None:
    overlay = ContentOverlay(**bounds)
    content = Content(ContentBase(ring.folder), overlay, "tiny")
    overlay.apply(published(100, text="mine", author_id=10, **fields))
    overlay.apply(published(101, text="other"))
    assert content.unsuitable_for_all(np.array([100, 101])).tolist() == [True, False]


def test_until_everybody_may_see_it_again(ring) -> None:
    for visibility in ("followers", "public"):
        ring.overlay.apply(published(100, author_id=10, visibility=visibility))
    assert not ring.content.unsuitable_for_all(np.array([100])).any()

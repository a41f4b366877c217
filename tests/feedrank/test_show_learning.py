"""What the demo likes, and how it tells what came of it."""

from feedrank.show_learning import category_to_like, differences
from protos import feed_pb2


def a_page(first_id: int, *categories: str) -> feed_pb2.GetFeedResponse:
    """One item per argument, `|` between its categories."""
    return feed_pb2.GetFeedResponse(
        items=[
            feed_pb2.FeedItem(
                item_id=first_id + position,
                position=position,
                content=feed_pb2.Content(categories=names.split("|")),
            )
            for position, names in enumerate(categories)
        ]
    )


def test_likes_the_rarest_category_with_two_items():
    page = a_page(1, "News", "News", "News", "Cars|Art", "Art", "Cats")
    assert category_to_like(page) == "Art"


def test_likes_the_first_by_name_where_no_category_has_two():
    assert category_to_like(a_page(1, "News", "Cars")) == "Cars"


def test_tells_more_of_the_category():
    before, after = a_page(1, "News", "Art", "Art"), a_page(10, "Art", "Art", "Art")
    assert differences(before, after, "Art", before.items[0]) == [
        "items of Art: 2 (at 1, 2) before, 3 (at 0, 1, 2) now",
        "items of the first page shown again: 0",
        "the hidden item 1: gone",
    ]


def test_tells_what_did_not_work_as_well():
    before, after = a_page(1, "News", "Art", "Art"), a_page(1, "News", "Cats")
    assert differences(before, after, "Art", before.items[0]) == [
        "items of Art: 2 (at 1, 2) before, none now",
        "items of the first page shown again: 2",
        "the hidden item 1: STILL THERE",
    ]

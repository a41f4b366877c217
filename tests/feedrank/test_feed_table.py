"""How a page looks to people."""

import pytest
from rich.console import Console

from feedrank.feed_table import feed_table
from protos import feed_pb2

PAGE = feed_pb2.GetFeedResponse(
    items=[
        feed_pb2.FeedItem(
            item_id=100_000 + position,
            position=position,
            sources=["similar_to_liked", "category_recent", "popular"],
            reason="recent in a category you like",
            content=feed_pb2.Content(
                title="Vote: cat introductions, [b]overrated[/b]?",
                categories=["Photography", "Local news"],
                author_name="Zoltan Silva",
            ),
        )
        for position in range(50)
    ]
)


def lines_at(width: int) -> list[str]:
    console = Console(width=width, soft_wrap=True, highlight=False)
    with console.capture() as capture:
        console.print(feed_table(PAGE, "a feed", width))
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [60, 80, 119, 120, 200])
def test_an_item_is_one_line_that_fits(width):
    lines = lines_at(width)
    assert len(lines) == len(["title", "headings"]) + len(PAGE.items)
    assert max(map(len, lines)) <= width


def test_a_wide_terminal_shows_authors_and_sources_too():
    assert "Zoltan Silva" not in lines_at(80)[2]
    assert "Zoltan Silva" in lines_at(200)[2]
    assert "similar_to_liked category_recent popular" in lines_at(200)[2]


def test_titles_are_no_markup():
    assert "[b]overrated" in lines_at(200)[2]

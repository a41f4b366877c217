"""A page of a feed as a table for people."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from protos import feed_pb2

MAX_TITLE_CHARACTERS = 40


def feed_table(page: feed_pb2.GetFeedResponse, title: str) -> Table:
    """One row per item, in the order of the page."""
    table = Table(title=title)
    table.add_column("#", justify="right")
    table.add_column("item", justify="right", no_wrap=True)
    table.add_column("title")
    table.add_column("author")
    table.add_column("category")
    table.add_column("score", justify="right")
    table.add_column("sources")
    table.add_column("why")
    for item in page.items:
        content = item.content
        table.add_row(
            str(item.position),
            str(item.item_id),
            escape(_short(content.title)),
            _author(item),
            escape(", ".join(content.categories)),
            f"{item.score:.3f}",
            " ".join(item.sources),
            escape(item.reason),
        )
    return table


def receipt_lines(page: feed_pb2.GetFeedResponse) -> Iterator[str]:
    """What the page says about itself, a line per subject."""
    receipt = page.receipt
    yield (
        f"{len(page.items)} items, origin {receipt.origin or 'unknown'}, "
        f"generation {receipt.generation or 'none'}, "
        f"shards {receipt.shards_answered} of {receipt.shards_total}, {receipt.total_ms:.1f} ms"
    )
    if receipt.sources:
        counts = (f"{s.name} {s.kept_count} of {s.found_count}" for s in receipt.sources)
        yield f"candidates kept: {', '.join(counts)}"
    if receipt.degraded_reasons:
        yield f"less than it could be: {', '.join(receipt.degraded_reasons)}"
    if page.next_page_token:
        yield f"next page: --token {page.next_page_token}"


def _author(item: feed_pb2.FeedItem) -> str:
    if item.content.author_name:
        return escape(item.content.author_name)
    return "" if item.author_id < 0 else str(item.author_id)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    if len(one_line) <= MAX_TITLE_CHARACTERS:
        return one_line
    return one_line[: MAX_TITLE_CHARACTERS - 1] + "…"

"""A page of a feed as a table for people: a line per item, in whatever width there is."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from protos import feed_pb2

WIDE_CHARACTERS = 120
"""From here on there is room for authors and sources, too."""
MAX_TITLE_CHARACTERS = 40


def feed_table(page: feed_pb2.GetFeedResponse, title: str, width: int) -> Table:
    """One line per item, in the order of the page; `width`: of the terminal, in characters."""
    is_wide = width >= WIDE_CHARACTERS
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("#", "item"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("title")
    table.add_column("category")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("why")
    for heading in ("author", "sources") if is_wide else ():
        table.add_column(heading)
    for item in page.items:
        cells = [
            str(item.position),
            str(item.item_id),
            _short(item.content.title),
            ", ".join(item.content.categories),
            f"{item.score:.3f}",
            item.reason,
        ]
        if is_wide:
            cells += [_author(item), " ".join(item.sources)]
        table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells))
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
        return item.content.author_name
    return "" if item.author_id < 0 else str(item.author_id)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    if len(one_line) <= MAX_TITLE_CHARACTERS:
        return one_line
    return one_line[: MAX_TITLE_CHARACTERS - 1] + "…"

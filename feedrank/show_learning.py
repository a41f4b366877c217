"""Shows a feed learning: a page, some likes and a hide by its viewer, and the page after that."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence

from feedrank.client import CallError, FeedClient
from feedrank.console import out
from feedrank.feed_table import feed_table, receipt_lines
from protos import events_pb2, feed_pb2

VIEWER = 7
PAGE_SIZE = 12
LIKED = 3
SETTLE_S = 1.0
"""For likes to reach the ranking: milliseconds, unless the machine is busy. Asking again and again
instead would use up the very items that are to be shown."""


async def show_learning(client: FeedClient) -> None:
    """Print both pages and what changed, for better or worse.

    Raises:
        CallError: a call failed, or a page or an action was not what it has to be.
    """
    # A context of its own starts a feed of its own, also where a demo ran a moment ago.
    context = feed_pb2.Context(device=f"demo-{uuid.uuid4().hex}")
    before = await _page(client, context)
    out.print(feed_table(before, f"the feed of viewer {VIEWER}", out.width))
    for line in receipt_lines(before):
        out.print(line, markup=False)
    category = category_to_like(before)
    liked = [item for item in before.items if category in item.content.categories][:LIKED]
    hidden = next((item for item in before.items if item not in liked), before.items[-1])
    await _act(client, liked, hidden)
    await asyncio.sleep(SETTLE_S)
    after = await _page(client, context)
    out.print(feed_table(after, f"the feed of viewer {VIEWER} after that", out.width))
    for line in differences(before, after, category, hidden):
        out.print(line, markup=False)


def category_to_like(page: feed_pb2.GetFeedResponse) -> str:
    """The rarest category with two items or more: more of it would show. Else the most frequent."""
    counts = Counter(name for item in page.items for name in item.content.categories)
    repeated = [name for name, count in counts.items() if count > 1] or list(counts)
    return min(repeated, key=lambda name: (counts[name], name), default="")


def differences(
    before: feed_pb2.GetFeedResponse,
    after: feed_pb2.GetFeedResponse,
    category: str,
    hidden: feed_pb2.FeedItem,
) -> list[str]:
    """What the actions changed, in one line per subject."""
    shown = {item.item_id for item in before.items}
    again = sum(item.item_id in shown for item in after.items)
    gone = hidden.item_id not in {item.item_id for item in after.items}
    return [
        f"items of {category}: {_places(before, category)} before, {_places(after, category)} now",
        f"items of the first page shown again: {again}",
        f"the hidden item {hidden.item_id}: {'gone' if gone else 'STILL THERE'}",
    ]


def _places(page: feed_pb2.GetFeedResponse, category: str) -> str:
    places = [str(item.position) for item in page.items if category in item.content.categories]
    return f"{len(places)} (at {', '.join(places)})" if places else "none"


async def _page(client: FeedClient, context: feed_pb2.Context) -> feed_pb2.GetFeedResponse:
    request = feed_pb2.GetFeedRequest(
        viewer_id=VIEWER, page_size=PAGE_SIZE, surface="home", context=context
    )
    page = await client.get_feed(request)
    if not page.items:
        raise CallError("the feed is empty: " + ", ".join(page.receipt.degraded_reasons))
    return page


async def _act(
    client: FeedClient, liked: Sequence[feed_pb2.FeedItem], hidden: feed_pb2.FeedItem
) -> None:
    kinds = [(item, kind) for item in liked for kind in (events_pb2.CLICK, events_pb2.LIKE)]
    kinds.append((hidden, events_pb2.HIDE))
    actions = [
        feed_pb2.Action(
            action_id=uuid.uuid4().hex, viewer_id=VIEWER, kind=kind, item_id=item.item_id
        )
        for item, kind in kinds
    ]
    answer = await client.log_actions(actions)
    if answer.errors:
        raise CallError(f"an action was refused: {answer.errors[0].message}")
    names = ", ".join(str(item.item_id) for item in liked)
    out.print(f"\nviewer {VIEWER} clicks and likes {names}, and hides {hidden.item_id}\n")

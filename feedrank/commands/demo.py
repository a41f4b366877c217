"""`feedrank demo`: an invented world from nothing to a feed that learns."""

import asyncio
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Annotated

import typer

from feedrank.client import DEFAULT_ADDRESS, CallError, FeedClient, open_feed_client
from feedrank.commands.build import EngineName, default_engine, run_build
from feedrank.commands.import_data import Layout, run_import
from feedrank.console import err, fail, out, progress_bar
from feedrank.embedded import StartError, open_embedded
from feedrank.embedded_settings import EmbeddedSettings
from feedrank.feed_table import feed_table, receipt_lines
from generation.manifest import InvalidGenerationError
from generation.publish import current
from protos import events_pb2, feed_pb2
from serving.structured_log import configure_logging

VIEWER = 7
PAGE_SIZE = 12
LIKED = 3
WAIT_S = 10.0
"""For actions to take effect: it takes well under a second where nothing else is going on."""


def demo(
    once: Annotated[bool, typer.Option("--once", help="end instead of going on serving")] = False,
    folder: Annotated[Path, typer.Option(help="where everything is kept")] = Path("var/demo"),
    viewers: Annotated[int, typer.Option(min=10, help="people in the world")] = 5_000,
    items: Annotated[int, typer.Option(min=20, help="posts in the world")] = 20_000,
    days: Annotated[int, typer.Option(min=1, max=365, help="days of actions")] = 14,
    engine: Annotated[
        EngineName | None, typer.Option(help="what builds; spark needs a JDK")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port to serve on")] = 50_051,
) -> None:
    """Simulate a social world, build a generation from it, serve it, and show a feed learning.

    The second start reuses what the first has built; remove the folder to begin anew.

    Example: feedrank demo --once
    """
    generations = folder / "generations"
    if not _is_built(generations):
        _build_world(folder, viewers, items, days, engine or default_engine())
    try:
        asyncio.run(_serve_and_show(generations, folder / "home", port, once))
    except (StartError, CallError) as error:
        raise fail(str(error)) from error


def _is_built(generations: Path) -> bool:
    try:
        current(generations)
    except InvalidGenerationError:
        return False
    return True


def _build_world(folder: Path, viewers: int, items: int, days: int, engine: EngineName) -> None:
    from simulator import WorldSettings, simulate, write_world

    if engine is EngineName.local:
        err.print("building without Spark (no JDK 17 or no pyspark here, or --engine local)")
    settings = WorldSettings(viewer_count=viewers, item_count=items, day_count=days)
    folder.mkdir(parents=True, exist_ok=True)
    raw = Path(tempfile.mkdtemp(prefix="raw-", dir=folder))
    try:
        with progress_bar("simulate") as progress:
            world = simulate(settings, progress)
            progress("writing tables", 1.0)
            write_world(world, raw)
        with progress_bar("import") as progress:
            run_import(Layout.canonical, raw, folder / "data", True, 0.01, True, progress)
    finally:
        shutil.rmtree(raw)
    with progress_bar("build") as progress:
        run_build(folder / "data", folder / "generations", 2, engine, "local[*]", 7, progress)


async def _serve_and_show(generations: Path, home: Path, port: int, once: bool) -> None:
    configure_logging("warning", EmbeddedSettings.service)
    settings = EmbeddedSettings(generations=generations, home=home, port=port)
    server = await open_embedded(settings)
    address = f"127.0.0.1:{server.port}"
    try:
        async with open_feed_client(address) as client:
            await _show(client)
    except BaseException:
        await server.drain()
        raise
    if once:
        await server.drain()
        return
    asked = "" if address == DEFAULT_ADDRESS else f" --address {address}"
    out.print(f"\nserving on {address}; Ctrl-C ends. In another shell:")
    out.print(f"  .venv/bin/feedrank feed --viewer 12{asked}", markup=False)
    await server.run_until_signal()


async def _show(client: FeedClient) -> None:
    before = await _fresh_page(client)
    out.print(feed_table(before, f"the feed of viewer {VIEWER}"))
    for line in receipt_lines(before):
        out.print(line, markup=False)
    category = _unusual_category(before)
    liked = [item for item in before.items if category in item.content.categories][:LIKED]
    hidden = next(item for item in before.items if item not in liked)
    await _act(client, liked, hidden)
    after = await _next_page(client, before)
    out.print(feed_table(after, f"after {len(liked)} likes of {category} and a hide"))
    _tell_difference(before, after, category, hidden)


async def _fresh_page(client: FeedClient) -> feed_pb2.GetFeedResponse:
    request = feed_pb2.GetFeedRequest(viewer_id=VIEWER, page_size=PAGE_SIZE, surface="home")
    page = await client.get_feed(request)
    if not page.items:
        raise CallError("the feed is empty: " + ", ".join(page.receipt.degraded_reasons))
    return page


def _unusual_category(page: feed_pb2.GetFeedResponse) -> str:
    """The category of the page seen least: liking it should show."""
    counts: dict[str, int] = {}
    for item in page.items:
        for category in item.content.categories[:1]:
            counts[category] = counts.get(category, 0) + 1
    return min(counts, key=lambda name: (counts[name], name))


async def _act(
    client: FeedClient, liked: list[feed_pb2.FeedItem], hidden: feed_pb2.FeedItem
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
    out.print(f"\nlogged {answer.accepted_count} actions")


async def _next_page(
    client: FeedClient, before: feed_pb2.GetFeedResponse
) -> feed_pb2.GetFeedResponse:
    """The first feed ranked after the actions took effect."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while True:
        page = await _fresh_page(client)
        settled = page.feed_id != before.feed_id and page.receipt.bus_lag_messages == 0
        if settled or asyncio.get_running_loop().time() > deadline:
            return page
        await asyncio.sleep(0.1)


def _tell_difference(
    before: feed_pb2.GetFeedResponse,
    after: feed_pb2.GetFeedResponse,
    category: str,
    hidden: feed_pb2.FeedItem,
) -> None:
    shown = {item.item_id for item in before.items}
    again = sum(item.item_id in shown for item in after.items)
    counts = [
        sum(category in item.content.categories for item in page.items) for page in (before, after)
    ]
    gone = hidden.item_id not in {item.item_id for item in after.items}
    out.print(
        f"items of {category}: {counts[0]} before, {counts[1]} after; repeated items: {again}; "
        f"the hidden item is {'gone' if gone else 'STILL THERE'}"
    )

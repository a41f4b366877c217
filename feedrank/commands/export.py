"""`feedrank export`: what happened live, as canonical tables for the next build."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from feedrank.console import fail, out
from generation.manifest import InvalidGenerationError, Manifest
from generation.publish import current
from serving.bus.open_bus import open_bus
from serving.errors import FeedError

LOCAL_BUS = "bus"


def export(
    data: Annotated[Path, typer.Option(help="data folder to add to, as `feedrank import` made it")],
    home: Annotated[
        Path | None, typer.Option(help="home of an embedded server, which must be stopped")
    ] = None,
    bus: Annotated[str | None, typer.Option(help="kafka[s]://HOST:PORT… instead")] = None,
    generations: Annotated[Path, typer.Option(help="folder of the generations in service")] = Path(
        "generations"
    ),
) -> None:
    """Add what happened live to a data folder, for the next build.

    Actions, follows, items and so on are read from the bus, each once. Run it
    again at any time: it goes on where the last export ended.

    Example: feedrank export --home home --data data --generations generations
    """
    if (home is None) == (bus is None):
        raise typer.BadParameter("need exactly one of the two", param_hint="--home, --bus")
    if home is not None and not (home / LOCAL_BUS).is_dir():
        raise fail(f"{home} holds no bus: it is not the home of an embedded server")
    address = bus if home is None else f"log://{home.absolute() / LOCAL_BUS}"
    from tables.errors import TablesError

    try:
        shard_count = Manifest.read(current(generations)).shard_count
        asyncio.run(_export(str(address), data, shard_count))
    except (FeedError, TablesError, InvalidGenerationError, OSError) as error:
        raise fail(str(error)) from error


async def _export(address: str, data: Path, shard_count: int) -> None:
    # DuckDB belongs to the extra `local`: a serving installation has every other command.
    from feedrank.export import export_bus

    bus = open_bus(address)
    await bus.start()
    try:
        report = await export_bus(bus, data, shard_count)
    finally:
        await bus.close()
    for topic, count in report.read.items():
        unreadable = report.unreadable.get(topic, 0)
        out.print(f"read {count:,} messages of {topic}, {unreadable:,} of them unreadable")
    for table in sorted({*report.added, *report.removed}):
        added, removed = report.added.get(table, 0), report.removed.get(table, 0)
        out.print(f"{table}: {added:,} rows added, {removed:,} removed")
    if not report.added and not report.removed:
        out.print("nothing new")

"""`feedrank demo`: an invented world from nothing to a feed that learns."""

import asyncio
import gc
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from feedrank.client import DEFAULT_ADDRESS, CallError, open_feed_client
from feedrank.commands.build import EngineName, default_engine, run_build
from feedrank.commands.import_data import Layout, run_import
from feedrank.console import err, fail, out, progress_bar
from feedrank.embedded_settings import EmbeddedSettings
from feedrank.free_port import require_free
from feedrank.ignored_variables import warn_of_ignored_variables
from feedrank.show_learning import show_learning
from generation.manifest import InvalidGenerationError
from generation.publish import current
from serving.serving_loop import ServingLoop
from serving.structured_log import configure_logging


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
    """Simulate a world, build it, serve it, and show it learning.

    The second start reuses what the first has built; remove the folder to begin anew.

    Example: feedrank demo --once
    """
    from feedrank.embedded import StartError  # loads every service, half a second

    warn_of_ignored_variables("feedrank demo", "feedrank serve does")
    require_free(port)  # now rather than after minutes of building
    generations = folder / "generations"
    was_built = _is_built(generations)
    if was_built:
        err.print(f"using what an earlier demo has built in {folder}", markup=False)
    else:
        _build_world(folder, viewers, items, days, engine or default_engine())
    try:
        with asyncio.Runner(loop_factory=ServingLoop) as runner:
            runner.run(_serve_and_show(generations, folder / "home", port, once))
    except (StartError, CallError) as error:
        # An older release may have built it, or other options.
        advice = f"; to begin anew, remove {folder}" if was_built else ""
        raise fail(f"{error}{advice}") from error
    finally:
        # A server freezes its heap; what DuckDB left there would be told as leaks at exit.
        gc.unfreeze()


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
    from feedrank.embedded import open_embedded

    configure_logging("error", EmbeddedSettings.service)
    settings = EmbeddedSettings(generations=generations, home=home, port=port)
    server = await open_embedded(settings)
    address = f"127.0.0.1:{server.port}"
    try:
        async with open_feed_client(address) as client:
            await show_learning(client)
    except BaseException:
        await server.drain()
        raise
    if once:
        await server.drain()
        return
    at = "" if address == DEFAULT_ADDRESS else f" --address {address}"
    out.print(f"\nserving on {address}; Ctrl-C ends. In another shell, in this folder:")
    out.print("  source .venv/bin/activate")
    out.print(f"  feedrank feed --viewer 12{at}", markup=False)
    out.print(f"  feedrank act --viewer 12 --item ID --action like{at}", markup=False)
    await server.run_until_signal()

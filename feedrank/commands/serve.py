"""`feedrank serve`: everything in one durable process.

The generation is hashed while libraries are loaded, which takes about as long.
"""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer

from feedrank.console import fail, out
from feedrank.embedded_settings import EmbeddedSettings
from generation import layout
from generation.file_hashes import begin_hashing
from generation.manifest import InvalidGenerationError
from serving.generation_in_service import generation_in_service
from serving.log_scrubber import folders_of
from serving.process import CANNOT_START
from serving.serving_loop import ServingLoop
from serving.settings_loading import SettingsError, load_settings
from serving.settled_heap import hold_collector
from serving.structured_log import configure_logging

NOT_SERVED = (layout.TRAINING_ROWS, layout.REPORT)


def serve(
    generations: Annotated[Path | None, typer.Option(help="folder of generations")] = None,
    home: Annotated[
        Path | None, typer.Option(help="folder for what this server itself must remember")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="gRPC port")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="port for Prometheus, on loopback")
    ] = None,
) -> None:
    """Serve from one process, without Java, Redis or Kafka.

    Everything else is set by FEEDRANK_… variables or the TOML file that FEEDRANK_CONFIG names.
    It ends cleanly on Ctrl-C or SIGTERM and goes on where it stopped.

    Example: feedrank serve --generations generations --home home
    """
    hold_collector()
    arguments = {
        "generations": generations, "home": home, "port": port, "metrics_port": metrics_port
    }  # fmt: skip
    try:
        settings = load_settings(EmbeddedSettings, arguments)
    except SettingsError as error:
        raise fail(str(error), CANNOT_START) from error
    _begin_hashing(settings)
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        raise typer.Exit(runner.run(_serve(settings)))


def _begin_hashing(settings: EmbeddedSettings) -> None:
    """Whoever needs the files says what is wrong with them."""
    with contextlib.suppress(InvalidGenerationError, ValueError, OSError):
        folder, manifest = generation_in_service(settings)
        begin_hashing(folder / name for name in manifest.files if name not in NOT_SERVED)


async def _serve(settings: EmbeddedSettings) -> int:
    from feedrank.embedded import StartError, open_embedded

    configure_logging(settings.log_level, settings.service, folders=folders_of(settings))
    try:
        server = await open_embedded(settings)
    except StartError as error:
        raise fail(str(error), CANNOT_START) from error
    out.print(f"serving on {settings.host}:{server.port}")
    return await server.run_until_signal()

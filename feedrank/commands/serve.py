"""`feedrank serve`: everything in one durable process."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from feedrank.console import fail, out
from feedrank.embedded import StartError, open_embedded
from feedrank.embedded_settings import EmbeddedSettings
from serving.log_scrubber import folders_of
from serving.process import CANNOT_START
from serving.serving_loop import ServingLoop
from serving.settings_loading import SettingsError, load_settings
from serving.structured_log import configure_logging


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
    arguments = {
        "generations": generations, "home": home, "port": port, "metrics_port": metrics_port
    }  # fmt: skip
    try:
        settings = load_settings(EmbeddedSettings, arguments)
    except SettingsError as error:
        raise fail(str(error), CANNOT_START) from error
    configure_logging(settings.log_level, settings.service, folders=folders_of(settings))
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        raise typer.Exit(runner.run(_serve(settings)))


async def _serve(settings: EmbeddedSettings) -> int:
    try:
        server = await open_embedded(settings)
    except StartError as error:
        raise fail(str(error), CANNOT_START) from error
    out.print(f"serving on {settings.host}:{server.port}")
    return await server.run_until_signal()

"""`feedrank up`: all services as processes on this machine."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from feedrank.console import fail, out
from feedrank.free_port import require_free
from feedrank.real.server_process import ServerStartError
from feedrank.stack import MissingComponentError, StackSettings, stack
from feedrank.supervisor import GaveUpError, Supervisor
from generation.manifest import InvalidGenerationError, Manifest
from generation.publish import current


def up(
    generations: Annotated[Path, typer.Option(help="folder of generations")],
    home: Annotated[Path, typer.Option(help="folder for logs, overlays, and started stores")],
    port: Annotated[int, typer.Option(min=1, max=65_535, help="port of GetFeed")] = 50_051,
    bus: Annotated[
        str | None, typer.Option(help="kafka://HOST:PORT; by default one is started here")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="redis://HOST:PORT/DB; by default one is started here")
    ] = None,
    metrics: Annotated[bool, typer.Option(help="open a Prometheus port per service")] = False,
) -> None:
    """Start each service as a process, with real Kafka and Redis.

    Processes that end are started again; Ctrl-C or SIGTERM drains them all, callers first.

    Example: feedrank up --generations generations --home home
    """
    require_free(port)
    try:
        shard_count = Manifest.read(current(generations)).shard_count
        processes = stack(StackSettings(generations, home, port, shard_count, bus, state, metrics))
    except (InvalidGenerationError, MissingComponentError) as error:
        raise fail(str(error)) from error
    supervisor = Supervisor(processes, out.print)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        supervisor.start()
        out.print(f"serving on 127.0.0.1:{port}; Ctrl-C drains and ends")
        supervisor.watch(stop.is_set)
    except (ServerStartError, GaveUpError) as error:
        raise fail(str(error)) from error
    finally:
        supervisor.stop()

"""`feedrank up`: all services as processes on this machine."""

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from feedrank.console import fail, out
from feedrank.free_port import require_free
from feedrank.ignored_variables import warn_of_ignored_variables
from feedrank.real.server_process import ServerStartError
from feedrank.running_stack import RunningStack
from feedrank.signal_handling import on_signals
from feedrank.stack import MissingComponentError, Stack, StackSettings, stack
from feedrank.stack_tls import TlsFolderError, tls_variables
from feedrank.supervisor import GaveUpError, Supervisor
from generation.manifest import InvalidGenerationError, Manifest
from generation.publish import current
from serving.bus.kafka_address import KafkaAddress, is_kafka


def up(
    generations: Annotated[Path, typer.Option(help="folder of generations")],
    home: Annotated[Path, typer.Option(help="folder for logs, overlays, and started stores")],
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="port of GetFeed; replicas have those after it")
    ] = 50_051,
    bus: Annotated[
        str | None, typer.Option(help="kafka[s]://HOST:PORT…; by default one is started here")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="redis://HOST:PORT/DB; by default one is started here")
    ] = None,
    metrics: Annotated[bool, typer.Option(help="open a Prometheus port per service")] = True,
    replicas: Annotated[int, typer.Option(min=1, max=16, help="processes of every service")] = 1,
    config: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML file for all services")
    ] = None,
    tls: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="folder of certificates: mutual TLS"),
    ] = None,
) -> None:
    """Start each service as a process, with real Kafka and Redis.

    Processes that end or hang are started again; one that ends too often is given up, and the
    others go on. Ctrl-C or SIGTERM drains them all, callers first. SIGHUP restarts every service,
    one process at a time: with two replicas no caller notices.

    Example: feedrank up --generations generations --home home --replicas 2
    """
    warn_of_ignored_variables("feedrank up", "settings of services go into the file of --config")
    _require_understandable(bus)
    for one in range(port, port + replicas):
        require_free(one)
    variables = {} if config is None else {"FEEDRANK_CONFIG": str(config.absolute())}
    try:
        if tls is not None:
            variables |= tls_variables(tls)
        shard_count = Manifest.read(current(generations)).shard_count
        settings = StackSettings(
            generations, home, port, shard_count, bus, state, metrics, variables, replicas
        )
        processes = stack(settings)
        processes.running.write(home)
        try:
            _supervise(processes, port)
        finally:
            RunningStack.forget(home)
    except (InvalidGenerationError, MissingComponentError, TlsFolderError) as error:
        raise fail(str(error)) from error


def _require_understandable(bus: str | None) -> None:
    """Before every service says so in a log of its own."""
    try:
        if bus is not None and is_kafka(bus):
            KafkaAddress.parse(bus)
    except ValueError as error:
        raise fail(f"--bus: {error}") from error


def _supervise(processes: Stack, port: int) -> None:
    """Until a signal says stop, or one cannot be kept running."""
    stopped = threading.Event()
    supervisor = Supervisor(processes, out.print, stopped)
    actions = {
        signal.SIGINT: stopped.set,
        signal.SIGTERM: stopped.set,
        signal.SIGHUP: supervisor.restart_soon,
    }
    with on_signals(actions):
        try:
            supervisor.start()
            out.print(f"serving on 127.0.0.1:{port}; Ctrl-C drains and ends")
            out.print(f"kill -HUP {os.getpid()} restarts every service, one process at a time")
            supervisor.watch()
        except (ServerStartError, GaveUpError) as error:
            if not (isinstance(error, ServerStartError) and stopped.is_set()):
                raise fail(str(error)) from error
        finally:
            supervisor.stop()

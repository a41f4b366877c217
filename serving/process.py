"""A server process from its settings to its exit code, the same for every service."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from generation.manifest import InvalidGenerationError
from serving.background_tasks import BackgroundTasks
from serving.errors import FeedError
from serving.listening import PortError
from serving.log_scrubber import folders_of
from serving.loop_stall import LoopStall
from serving.loop_watch import watch_loop
from serving.metrics_recorder import Metrics
from serving.native_threads import hold_native_threads
from serving.process_metrics import follow_process
from serving.server import GrpcServer
from serving.serving_loop import ServingLoop
from serving.settings import CommonSettings
from serving.settings_loading import SettingsError, load_settings
from serving.settled_heap import hold_collector, settle_heap
from serving.structured_log import configure_logging

CANNOT_START = 2
"""Exit code when starting again would change nothing: a supervisor should not try for ever."""

AnySettings = TypeVar("AnySettings", bound=CommonSettings)
OpenService = Callable[[AnySettings, Metrics, GrpcServer], Awaitable[None]]
"""Loads the service, registers its servicer and its closing on the server."""

log = structlog.get_logger()


def run_process(
    settings_class: type[AnySettings],
    service_names: Sequence[str],
    open_service: OpenService[AnySettings],
) -> None:
    """Run until SIGTERM or SIGINT, then end the process with the right exit code.

    The port opens once everything is loaded, so that a damaged generation is one log line and no
    half-started server.
    """
    hold_collector()
    try:
        settings = load_settings(settings_class)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(CANNOT_START)
    configure_logging(settings.log_level, settings.service, folders=folders_of(settings))
    hold_native_threads()
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        sys.exit(runner.run(_serve(settings, service_names, open_service)))


async def _serve(
    settings: AnySettings, service_names: Sequence[str], open_service: OpenService[AnySettings]
) -> int:
    metrics = Metrics()
    server = GrpcServer(settings, metrics)
    server.catch_signals()
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    try:
        await open_service(settings, metrics, server)
        follow_process(metrics, settings)
        settle_heap()
        await server.start(service_names)
    except (InvalidGenerationError, FeedError, PortError, ValueError, OSError) as error:
        log.error("cannot start", cause=str(error), kind=type(error).__name__)
        await server.drain()
        return CANNOT_START
    stall = LoopStall(server.withdraw, server.restore, metrics)
    tasks.start("loop_watch", watch_loop(metrics, stall))
    server.on_close("background tasks", tasks.close)
    for name in service_names:
        await server.mark_serving(name)
    return await server.run_until_signal()

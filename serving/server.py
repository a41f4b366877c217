"""The life of a gRPC server: bind, report health, serve, drain, close, exit.

A stop goes NOT_SERVING, wait, refuse new calls, finish the ones in progress, close resources.
The wait is what keeps callers from seeing errors: they learn from health before they are refused.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context

import grpc
import structlog
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from protos import line_pb2_grpc
from serving.calls_in_flight import CallsInFlight
from serving.gates import gates_of
from serving.interceptors import CallInterceptor
from serving.lines.carried_methods import CarriedMethods
from serving.lines.line_servicer import OPEN, LineServicer
from serving.lines.served_line import Room
from serving.listening import PortError, bind_failure, listen
from serving.metrics_endpoint import MetricsEndpoint
from serving.metrics_recorder import Metrics
from serving.probes import Probe, probes
from serving.readiness import Readiness
from serving.reflection_pool import ReflectionPool
from serving.serving_loop import urgent
from serving.settings import CommonSettings
from serving.tls import server_credentials
from serving.tls_probe import check_own_tls
from serving.tracing.open_tracer import open_tracer

CLOSE_TIMEOUT_S = 5.0
"""Longest one resource may take to close; then the next is closed and the exit code is 1."""

SETTLE_S = 0.05
"""For calls already accepted by the transport whose handler has not begun."""

CONNECTION_AGE_MS = 300_000
"""Clients look up addresses again when a connection ends, and so find new replicas."""

MAX_METADATA_BYTES = 16_384
"""Of one call. Both of gRPC's limits: between them it would refuse calls at random."""

Close = Callable[[], Awaitable[None]]
log = structlog.get_logger()


class GrpcServer:
    """One gRPC endpoint with health, reflection, interceptors and, if asked for, metrics.

    Register servicers on `grpc_server` first, or on `for_neighbours` if other services of the ring
    call them, also over lines. Then `start`, load, `mark_serving`, and `run_until_signal`. Belongs
    to the event loop it was made in.
    """

    def __init__(self, settings: CommonSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._in_flight = CallsInFlight()
        self._readiness = Readiness()
        self._closes: list[tuple[str, Close]] = []
        self._stop_asked = asyncio.Event()
        self._exit_code = 0
        self._endpoint: MetricsEndpoint | None = None
        self._tracer = open_tracer(settings, metrics)
        interceptor = CallInterceptor(
            metrics,
            self._in_flight,
            gates_of(settings, metrics),
            min_remaining_ms=settings.min_remaining_ms,
            default_deadline_ms=settings.default_deadline_ms,
            tracer=self._tracer,
        )
        self.grpc_server = grpc.aio.server(
            interceptors=[interceptor],
            options=_options(settings.max_message_bytes),
            maximum_concurrent_rpcs=settings.max_concurrent_calls,
        )
        self._carried = CarriedMethods(self.grpc_server, interceptor.wrap)
        room = Room(settings.max_concurrent_calls, settings.max_message_bytes)
        admit = interceptor.guarded(OPEN, _opened)
        self._lines = LineServicer(self._carried, room, admit)
        self.port = 0

    @property
    def for_neighbours(self) -> grpc.aio.Server:
        """Where services register that other services of the ring call."""
        return self._carried  # type: ignore[return-value]  # what registering needs of a server

    def on_close(self, name: str, close: Close) -> None:
        """Close a resource after the last call; in the order of registration."""
        self._closes.append((name, close))

    async def start(self, service_names: Sequence[str]) -> None:
        """Bind and answer, with every service reported NOT_SERVING.

        Args:
            service_names: Full names, for example `feedrank.v1.FeedService`.

        Raises:
            PortError: the port is taken, or the host is not one of this machine.
        """
        health_pb2_grpc.add_HealthServicer_to_server(self._readiness.servicer, self.grpc_server)
        await self._readiness.start(service_names)
        if not self._settings.asks_who_calls:  # it would answer strangers, too
            reflection.enable_server_reflection(
                (*service_names, health.SERVICE_NAME, reflection.SERVICE_NAME),
                self.grpc_server,
                ReflectionPool(),
            )
        if self._carried.any:
            line_pb2_grpc.add_LineServiceServicer_to_server(self._lines, self.grpc_server)
        credentials = server_credentials(self._settings, self._metrics)
        self.port = listen(self.grpc_server, self._settings.host, self._settings.port, credentials)
        if self._settings.metrics_port is not None:
            port = self._settings.metrics_port
            answers = probes(lambda: self._readiness.is_ready)
            self._endpoint = _open_metrics(self._metrics, self._settings, port, answers)
        # Its tasks take calls in; what is let in goes on behind them (see `CallInterceptor`).
        await asyncio.create_task(self.grpc_server.start(), context=urgent(copy_context()))
        if credentials is not None:
            await check_own_tls(self._settings, self.port)
        log.info(
            "listening",
            host=self._settings.host,
            port=self.port,
            metrics_port=self.metrics_port,
        )

    @property
    def metrics_port(self) -> int | None:
        """Where Prometheus finds the metrics, on `metrics_host`; `None` if nowhere."""
        return self._endpoint.port if self._endpoint else None

    async def mark_serving(self, service_name: str) -> None:
        """Report that a service is loaded and warm; the server as a whole once all are.

        Raises:
            ValueError: `service_name` was not given to `start`.
        """
        await self._readiness.mark(service_name)

    def withdraw(self) -> None:
        """Report NOT_SERVING for now, and go on answering who calls all the same."""
        self._readiness.withdraw()

    def restore(self) -> None:
        """Report again what was reported before `withdraw`."""
        self._readiness.restore()

    def stop_soon(self, exit_code: int = 0) -> None:
        """Make `run_until_signal` drain and return, as a signal does; the worst code counts."""
        self._exit_code = max(self._exit_code, exit_code)
        self._stop_asked.set()

    def catch_signals(self) -> None:
        """From now on SIGTERM and SIGINT mean `stop_soon`, also while the server still loads."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop_soon)

    async def run_until_signal(self) -> int:
        """Serve until SIGTERM, SIGINT or `stop_soon`, then drain and close.

        Further signals change nothing: a terminal and a supervisor both send one.

        Returns:
            The exit code: that of `stop_soon`, and 1 if a resource did not close properly.
        """
        self.catch_signals()
        await self._stop_asked.wait()
        return await self.drain()

    async def drain(self) -> int:
        """Stop as described at the top; returns the exit code.

        A server that never listened has no callers: it only closes what it has opened.
        """
        if self.port:
            log.info("draining", calls_in_flight=self._in_flight.count)
            await self._readiness.shut_down()
            await asyncio.sleep(self._settings.unhealthy_wait_s)
            await self._finish_calls()
        exit_code = self._exit_code
        for name, close in self._closes:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await close()
            except Exception:
                log.exception("did not close", resource=name)
                exit_code = exit_code or 1
        if self._tracer:
            await asyncio.to_thread(self._tracer.close)
        if self._endpoint:
            await asyncio.to_thread(self._endpoint.close)
        if self.port:
            log.info("stopped", exit_code=exit_code)
        return exit_code

    async def _finish_calls(self) -> None:
        """Refuse new calls and wait for ours, not for health watches and lines: those go on."""
        self._lines.close()
        stopping = asyncio.create_task(self.grpc_server.stop(self._settings.drain_s))
        idle = asyncio.create_task(self._idle_for_a_moment())
        await asyncio.wait((stopping, idle), return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()
        await self.grpc_server.stop(0)
        await stopping

    async def _idle_for_a_moment(self) -> None:
        while True:
            await self._in_flight.idle()
            await asyncio.sleep(SETTLE_S)
            if self._in_flight.count == 0:
                return


async def _opened(_request: object, _context: object) -> None:
    """What a line does as a call: it is let in."""


def _open_metrics(
    metrics: Metrics, settings: CommonSettings, port: int, answers: dict[str, Probe]
) -> MetricsEndpoint:
    try:
        return MetricsEndpoint(metrics, settings, port, answers)
    except OSError as error:
        host = settings.metrics_host
        raise PortError(f"metrics port {port} of {host}: {bind_failure(error)}") from error


def _options(max_message_bytes: int) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # two servers on one port would share its calls, silently
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.max_connection_age_ms", CONNECTION_AGE_MS),
        ("grpc.max_connection_age_grace_ms", 10_000),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]

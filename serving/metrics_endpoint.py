"""Serves the metrics over HTTP, and the probes beside them, from threads of its own.

Over TLS wherever another machine can reach it, with the certificate of the process: what a service
counts tells how much of what it does, and for whom. Under mutual TLS metrics need a certificate of
the client; probes do not, since a kubelet has none, and tell no more than health does.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from serving.access.settings import AccessSettings
from serving.metrics_recorder import Metrics
from serving.probes import Probe
from serving.tls import watch_tls
from serving.tls_files import TlsFiles
from serving.watched_files import WatchedFiles

SLOW_CLIENT_S = 10.0

KNOWN = "feedrank.client_is_known"
"""In the environment of a request: whether its client may see what we count."""

Answer = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""An application as WSGI has it."""


class MetricsEndpoint:
    """`/metrics` and the paths of `probes` on `metrics_host` until `close`."""

    def __init__(
        self,
        metrics: Metrics,
        settings: AccessSettings,
        port: int,
        probes: Mapping[str, Probe],
    ) -> None:
        """Listen on `port`, 0 for any free one.

        Raises:
            OSError: the port is taken.
            ValueError: the TLS files are damaged.
        """
        self._server = _Server(settings, port, metrics)
        self._server.set_app(_pages(make_wsgi_app(metrics.registry), probes))
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and wait for the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _pages(metrics_page: Answer, probes: Mapping[str, Probe]) -> Answer:
    def answer(request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        probe = probes.get(request["PATH_INFO"])
        if probe is not None:
            problem = probe()
            return _text(start, "503 Service Unavailable" if problem else "200 OK", problem or "ok")
        if not request[KNOWN]:
            return _text(start, "403 Forbidden", "metrics need a certificate of the client")
        return metrics_page(request, start)

    return answer


def _text(start: Callable[..., Any], status: str, line: str) -> list[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{line}\n".encode()]


class _Handler(WSGIRequestHandler):
    timeout = SLOW_CLIENT_S

    def get_environ(self) -> dict[str, Any]:
        request = super().get_environ()
        request[KNOWN] = not _is_stranger(self.connection)
        return request

    def log_message(self, format: str, *args: Any) -> None:
        """A line per scrape tells nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, settings: AccessSettings, port: int, metrics: Metrics) -> None:
        host = settings.metrics_host.strip("[]")
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._settings = settings
        self._files = watch_tls(settings, metrics) if settings.metrics_over_tls else None
        self._context: tuple[TlsFiles, ssl.SSLContext] | None = None
        super().__init__((host, port), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self._files is not None:
            # The handshake is for the connection's own thread: a silent client holds up nobody.
            connection = self._context_of(self._files).wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up or that is not trusted: its own log says so."""

    def _context_of(self, watched: WatchedFiles[TlsFiles]) -> ssl.SSLContext:
        files = watched.value
        if self._context is None or self._context[0] is not files:
            self._context = (files, _context(self._settings))
        return self._context[1]


def _context(settings: AccessSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.tls_certificate is not None:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    if settings.tls_authority is not None and settings.tls_mutual:
        context.load_verify_locations(settings.tls_authority)
        context.verify_mode = ssl.CERT_OPTIONAL  # one that is shown must be good; see `_pages`
    return context


def _is_stranger(connection: socket.socket) -> bool:
    """Whether mutual TLS is on and this client has shown no certificate."""
    if not isinstance(connection, ssl.SSLSocket):
        return False
    return connection.context.verify_mode != ssl.CERT_NONE and not connection.getpeercert()

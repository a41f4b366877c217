"""Serves the metrics over HTTP on loopback, from a thread of its own."""

from prometheus_client import start_http_server

from serving.metrics_recorder import Metrics


class MetricsEndpoint:
    """`http://127.0.0.1:PORT/metrics` until `close`."""

    def __init__(self, metrics: Metrics, port: int) -> None:
        """Listen on `port`, 0 for any free one.

        Raises:
            OSError: the port is taken.
        """
        self._server, self._thread = start_http_server(
            port, addr="127.0.0.1", registry=metrics.registry
        )
        self.port = self._server.server_port

    def close(self) -> None:
        """Stop listening and wait for the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

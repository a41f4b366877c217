"""A taken port, told before minutes of starting and building rather than after them."""

import socket

from feedrank.console import fail
from serving.listening import bind_failure


def require_free(port: int, host: str = "127.0.0.1") -> None:
    """End the command if nothing can listen at `port`; 0, any port, always passes."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise fail(f"port {port}: {bind_failure(error)} with --port") from error

"""Binds a gRPC server to its address, and says why when that fails.

gRPC tells no reason, and writes lines of its own to the terminal: so a plain socket tries first.
"""

import errno
import socket

import grpc


class PortError(Exception):
    """A server cannot listen where it was told to; names port, host and reason."""


def listen(
    server: grpc.aio.Server, host: str, port: int, credentials: grpc.ServerCredentials | None
) -> int:
    """Bind `server`, without TLS if `credentials` is `None`; returns the port, chosen if 0.

    Raises:
        PortError: the port is taken, or `host` is not one of this machine.
    """
    host = host.strip("[]")
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    problem = _why_not(host, port)
    if problem:
        raise PortError(f"port {port} of {host}: {problem}")
    try:
        if credentials is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise PortError(f"port {port} of {host}: cannot listen there") from error


def bind_failure(error: OSError) -> str:
    """The reason in words a person can act on."""
    if error.errno == errno.EADDRINUSE:
        return "taken by another process; stop it or choose another port"
    return (error.strerror or str(error)).lower()


def _why_not(host: str, port: int) -> str:
    """Empty where a plain socket can listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return ""
    except OSError as error:
        return bind_failure(error)

"""Ports nobody listens on, for servers that are told where to listen before they start."""

import socket
from contextlib import ExitStack

ATTEMPTS = 100


def free_ports(count: int) -> list[int]:
    """`count` distinct TCP ports of 127.0.0.1, free now; another process may still take one."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def free_ports_in_a_row(count: int) -> int:
    """The first of `count` ports of 127.0.0.1 that follow one another, all free now.

    Raises:
        OSError: none were found.
    """
    for _ in range(ATTEMPTS):
        [first] = free_ports(1)
        try:
            with ExitStack() as stack:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            continue
        return first
    raise OSError(f"no {count} free ports in a row")

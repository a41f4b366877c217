"""A child process that answers within a moment, to be killed, paused and started again."""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from feedrank.real.ports import free_ports
from feedrank.real.server_process import ServerProcess

SERVE = """
import socket
server = socket.create_server(("127.0.0.1", {port}))
while True:
    server.accept()[0].send(b"1")
"""
END_WITH = "raise SystemExit({code})"


class SmallProcess(ServerProcess):
    """Sends one byte to whoever connects.

    Attributes:
        code: What the next starts run instead of serving, where it is set: end with this exit code.
        starts: How often it was started.
    """

    start_seconds = 20.0

    def __init__(self, folder: Path, name: str = "small") -> None:
        super().__init__(folder, free_ports(1)[0])
        self.name = name
        self.code: int | None = None
        self.starts = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _prepare(self) -> Sequence[str]:
        self.starts += 1
        script = SERVE.format(port=self.port)
        if self.code is not None:
            script = END_WITH.format(code=self.code)
        # Without `site` it starts in a few milliseconds.
        return [sys.executable, "-I", "-S", "-c", script]

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=0.2) as connection:
            return connection.recv(1) == b"1"

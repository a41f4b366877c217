"""A real Redis as a child process."""

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from feedrank.real.server_process import ServerProcess
from feedrank.real.settings_file import INSTALL_COMMAND, write_settings


def missing_for_redis() -> str | None:
    """What this machine lacks to run Redis and the command that gets it; `None` if nothing."""
    if shutil.which("redis-server") is None:
        return f"redis-server is not installed; run {INSTALL_COMMAND}"
    return None


class RedisProcess(ServerProcess):
    """Redis with deploy/real/redis.conf.

    Args:
        folder: Its append-only file, settings and log; made if absent.
        append_only: Whether acknowledged writes outlive it. Off only where speed of throwing
            everything away matters more.
    """

    name = "redis"
    start_seconds = 600.0
    """A large append-only file takes minutes to load; ending it would only make it begin again."""

    def __init__(self, folder: Path, port: int, *, append_only: bool = True) -> None:
        super().__init__(folder, port)
        self._append_only = append_only

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _prepare(self) -> Sequence[str]:
        words = {
            "port": self.port,
            "folder": f'"{self.folder}"',
            "append_only": "yes" if self._append_only else "no",
        }
        settings = write_settings("redis.conf", self.folder, words)
        return ["redis-server", str(settings)]

    def _answers(self) -> bool:
        # While it loads its append-only file it answers `-LOADING`.
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")

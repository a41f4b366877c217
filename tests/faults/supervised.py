"""A stack kept running as `feedrank up` keeps it, with handles to its processes."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from feedrank.real.ports import free_ports_in_a_row
from feedrank.real.server_process import ServerProcess
from feedrank.stack import Stack, StackSettings, stack
from feedrank.supervisor import Supervisor
from tests.integration.distributed import Distributed
from tests.integration.small_world import SHARD_COUNT

PATIENCE_S = 300.0
OFTEN = 10_000
"""Restarts that a supervisor allows whose processes are killed on purpose."""


@dataclass(frozen=True, slots=True)
class Supervised(Distributed):
    """All processes, restarted by a supervisor when they end.

    Attributes:
        said: Everything that the supervisor said.
    """

    stack: Stack
    said: list[str] = field(default_factory=list)

    def kill_nine(self, process: ServerProcess) -> int:
        """End one at once; its process id until then."""
        process_id = process.process_id
        os.kill(process_id, signal.SIGKILL)
        return process_id

    def wait_until_said(self, words: str, since: int = 0) -> None:
        """Return once the supervisor said something with these words.

        Args:
            since: Length of `said` at some time; what came before does not count.

        Raises:
            TimeoutError: it did not; tells what it said instead.
        """
        give_up_s = time.monotonic() + PATIENCE_S
        while not any(words in line for line in self.said[since:]):
            if time.monotonic() > give_up_s:
                raise TimeoutError(f"nobody said {words!r}, only {self.said[since:]}")
            time.sleep(0.05)


@contextmanager
def run_supervised(
    generations: Path, home: Path, replicas: int
) -> Iterator[tuple[Supervised, Supervisor]]:
    """Running and watched while the body runs; all stopped afterwards.

    Raises:
        GaveUpError: the supervisor could not keep one running.
    """
    port = free_ports_in_a_row(replicas)
    settings = StackSettings(generations, home, port, SHARD_COUNT, metrics=True, replicas=replicas)
    ring = Supervised(stack(settings))
    stopped = threading.Event()
    supervisor = Supervisor(ring.stack, ring.said.append, stopped, OFTEN)
    failures: list[BaseException] = []

    def watch() -> None:
        try:
            supervisor.watch()
        except BaseException as error:
            failures.append(error)

    watcher = threading.Thread(target=watch)
    try:
        supervisor.start()
        watcher.start()
        yield ring, supervisor
    finally:
        stopped.set()
        if watcher.is_alive():
            watcher.join()
        supervisor.stop()
    if failures:
        raise failures[0]

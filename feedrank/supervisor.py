"""Keeps a list of processes running: starts them in order, restarts what ends, stops all.

A process that ends is started again with growing pauses; one that says that starting again is
pointless, or that ends too often, makes the whole stack stop, loudly.
"""

import time
from collections.abc import Callable, Sequence

from feedrank.real.server_process import ServerProcess, ServerStartError
from serving.process import CANNOT_START

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
MAX_RESTARTS = 6
FORGIVEN_AFTER_S = 120.0
WATCH_INTERVAL_S = 0.2

Say = Callable[[str], None]


class GaveUpError(RuntimeError):
    """A process cannot be kept running; the message names it and its log."""


class Supervisor:
    """Owns the processes from `start` to `stop`. Blocking, used from one thread."""

    def __init__(self, processes: Sequence[ServerProcess], say: Say) -> None:
        self._processes = list(processes)
        self._say = say
        self._ended_at_s: dict[str, list[float]] = {}

    def start(self) -> None:
        """Start all in order, each once the one before answers.

        Raises:
            ServerStartError: one did not start; those before it have been stopped again.
        """
        try:
            for process in self._processes:
                process.start()
                self._say(f"{process.name} answers at {process.address}")
        except BaseException:
            self.stop()
            raise

    def watch(self, stopped: Callable[[], bool]) -> None:
        """Restart what ends until `stopped()`.

        Raises:
            GaveUpError: a process cannot be kept running.
        """
        while not stopped():
            for process in self._processes:
                if process.exit_code is not None:
                    self._restart(process)
            time.sleep(WATCH_INTERVAL_S)

    def stop(self) -> None:
        """Stop all, callers before those they call."""
        for process in reversed(self._processes):
            if process.is_running:
                process.stop()
                self._say(f"{process.name} stopped")

    def _restart(self, process: ServerProcess) -> None:
        code = process.exit_code
        now_s = time.monotonic()
        recent = [
            at for at in self._ended_at_s.get(process.name, []) if now_s - at < FORGIVEN_AFTER_S
        ]
        self._ended_at_s[process.name] = [*recent, now_s]
        if code == CANNOT_START or len(recent) >= MAX_RESTARTS:
            raise GaveUpError(
                f"{process.name} ended with code {code}, {len(recent) + 1} times lately; "
                f"see {process.log_path}"
            )
        pause_s = min(FIRST_PAUSE_S * 2 ** len(recent), LONGEST_PAUSE_S)
        self._say(f"{process.name} ended with code {code}; starting it again in {pause_s:g} s")
        time.sleep(pause_s)
        try:
            process.start()
            self._say(f"{process.name} answers again")
        except ServerStartError as error:
            self._say(str(error))

"""Keeps one process running: restarts it when it ends, and when it no longer answers anybody.

Each process has a keeper with a thread of its own, so that the pause before one restart, or the
seconds a start takes, keep nobody from restarting another.
"""

import threading
import time
from collections.abc import Callable

from feedrank.real.server_process import ServerProcess, ServerStartError
from serving.process import CANNOT_START

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
FORGIVEN_AFTER_S = 120.0
WATCH_INTERVAL_S = 0.1

ASK_EVERY_S = 2.0
HUNG_AFTER_S = 30.0
"""Nothing but silence for that long. Generous: a machine that swaps, a long pause of a collector or
a big file read at start are no reason to kill; callers went elsewhere long before."""

Say = Callable[[str], None]


class ProcessKeeper:
    """Owns one process. `watch` runs in a thread; `restart` may come from another.

    Args:
        stopped: Ends every wait here.
        max_restarts: More within `FORGIVEN_AFTER_S` and it gives up.

    Attributes:
        gave_up: Why it is left alone, until `restart` is asked for; empty while it is kept.
    """

    def __init__(
        self, process: ServerProcess, say: Say, stopped: threading.Event, max_restarts: int
    ) -> None:
        self.process = process
        self.gave_up = ""
        self._say = say
        self._stopped = stopped
        self._max_restarts = max_restarts
        self._one_at_a_time = threading.Lock()
        self._ended_at_s: list[float] = []
        self._answered_at_s = self._asked_at_s = time.monotonic()

    def start(self) -> None:
        """Start it and return once it answers.

        Raises:
            ServerStartError: it did not, or all was stopped meanwhile.
        """
        self.process.start(self._stopped.is_set)
        self._answered_at_s = self._asked_at_s = time.monotonic()

    def watch(self) -> None:
        """Restart it whenever it ends or hangs, until all is stopped or it is given up."""
        while not self._stopped.wait(WATCH_INTERVAL_S):
            with self._one_at_a_time:
                if not self._stopped.is_set() and not self.gave_up:
                    self._look()

    def restart(self) -> None:
        """Let it end and start it again, as a rolling restart does; returns once it answers.

        One that was given up has all its tries again.

        Raises:
            ServerStartError: it did not come back; `watch` goes on trying.
        """
        with self._one_at_a_time:
            self.process.stop()
            self.gave_up, self._ended_at_s = "", []
            self.start()

    def _look(self) -> None:
        if not self.process.is_running:
            code = self.process.exit_code
            self._start_again("did not start" if code is None else f"ended with code {code}")
        elif self._is_hung():
            self.process.kill()
            self._start_again(f"answered nobody for {HUNG_AFTER_S:.0f} s and was killed")

    def _is_hung(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._asked_at_s < ASK_EVERY_S:
            return False
        self._asked_at_s = now_s
        if self.process.is_alive():
            self._answered_at_s = now_s
        return now_s - self._answered_at_s > HUNG_AFTER_S

    def _start_again(self, why: str) -> None:
        name, now_s = self.process.name, time.monotonic()
        recent = [at_s for at_s in self._ended_at_s if now_s - at_s < FORGIVEN_AFTER_S]
        self._ended_at_s = [*recent, now_s]
        if self.process.exit_code == CANNOT_START or len(recent) >= self._max_restarts:
            times = len(recent) + 1
            self.gave_up = f"{name} {why}, {times} times lately; see {self.process.log_path}"
            self._say(f"GIVEN UP, the rest goes on without it: {self.gave_up}")
            return
        pause_s = min(FIRST_PAUSE_S * 2 ** len(recent), LONGEST_PAUSE_S)
        self._say(f"{name} {why}; starting it again in {pause_s:g} s")
        if self._stopped.wait(pause_s):
            return
        try:
            self.start()
            self._say(f"{name} answers again")
        except ServerStartError as error:
            self._say(str(error))

"""Keeps a stack running: starts its processes, restarts what ends or hangs, stops all.

A process that ends is started again with growing pauses. One that says that starting again is
pointless, or that ends too often, is given up, loudly; the others answer with what is left, until
there is no edge to answer.
"""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

from feedrank.process_keeper import ProcessKeeper, Say
from feedrank.real.server_process import ServerProcess, ServerStartError
from feedrank.stack import Stack

MAX_RESTARTS = 6
LOOK_INTERVAL_S = 0.1
SETTLE_S = 3.0
"""Between two restarts of a rolling one. Callers try a replica that was away once a second, and
must have seen its health before the next one goes: with 1 s some calls found neither."""


class GaveUpError(RuntimeError):
    """Processes cannot be kept running; the message names them and their logs."""


class Supervisor:
    """Owns the processes from `start` to `stop`. Blocking, used from one thread.

    Args:
        stopped: Set by whoever wants everything to end; read at every wait.
        max_restarts: Of one process, lately; one more and it is given up.
    """

    def __init__(
        self, stack: Stack, say: Say, stopped: threading.Event, max_restarts: int = MAX_RESTARTS
    ) -> None:
        def keeper(process: ServerProcess) -> ProcessKeeper:
            return ProcessKeeper(process, say, stopped, max_restarts)

        self._say = say
        self._stopped = stopped
        self._stores = [keeper(process) for process in stack.stores]
        self._services = [keeper(process) for process in stack.services]
        self._edges = [k for k in self._services if k.process in stack.edges]
        self._restart_asked = threading.Event()

    def start(self) -> None:
        """Start the stores one after another, then all services together, until all answer.

        Raises:
            ServerStartError: one did not start, or `stopped` was set; none is left running.
        """
        try:
            for store in self._stores:
                self._start(store)
            with ThreadPoolExecutor(max(1, len(self._services))) as pool:
                for done in as_completed([pool.submit(self._start, s) for s in self._services]):
                    done.result()
        except BaseException:
            self.stop()
            raise

    def watch(self) -> None:
        """Restart what ends or hangs until `stopped`.

        Raises:
            GaveUpError: in the end, if some process was given up; at once, if that was the last
                edge.
        """
        threads = [threading.Thread(target=keeper.watch) for keeper in self._keepers]
        threads.append(threading.Thread(target=self._restart_when_asked))
        for thread in threads:
            thread.start()
        while not self._stopped.wait(LOOK_INTERVAL_S):
            if all(edge.gave_up for edge in self._edges):
                self._stopped.set()
        for thread in threads:
            thread.join()
        given_up = [keeper.gave_up for keeper in self._keepers if keeper.gave_up]
        if given_up:
            raise GaveUpError("\n".join(given_up))

    def restart_soon(self) -> None:
        """Make `watch` restart every service, one process at a time; harmless while it does."""
        self._restart_asked.set()

    def stop(self) -> None:
        """Stop all, callers before those they call."""
        self._stopped.set()
        for keeper in reversed(self._keepers):
            if keeper.process.is_running:
                keeper.process.stop()
                self._say(f"{keeper.process.name} stopped")

    @property
    def _keepers(self) -> list[ProcessKeeper]:
        return [*self._stores, *self._services]

    def _start(self, keeper: ProcessKeeper) -> None:
        keeper.start()
        self._say(f"{keeper.process.name} answers at {keeper.process.address}")

    def _restart_when_asked(self) -> None:
        while not self._stopped.wait(LOOK_INTERVAL_S):
            if self._restart_asked.is_set():
                self._restart_one_by_one()
                self._restart_asked.clear()

    def _restart_one_by_one(self) -> None:
        for keeper in self._services:
            if self._stopped.wait(SETTLE_S):
                return
            try:
                keeper.restart()
            except ServerStartError as error:
                # What does not come back once would not come back anywhere.
                self._say(f"the rolling restart ends here: {error}")
                return
            self._say(f"{keeper.process.name} was restarted")
        self._say("every service was restarted")

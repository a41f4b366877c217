"""What the real Kafka and Redis have in common: a child process with a folder, a port and a log.

Blocking: called from tests and from the start of a command, never from an event loop.
"""

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

POLL_SECONDS = 0.02
STOP_SECONDS = 30.0
LOG_TAIL_LINES = 30


class ServerStartError(RuntimeError):
    """A real server could not start; the message ends with the last lines of its log."""


class ServerProcess(ABC):
    """One server on 127.0.0.1 whose data outlive it in `folder`.

    It may be started again after `stop` or `kill`, on the same folder and port. It gets a session
    of its own, so that Ctrl-C reaches only the command that started it, which stops it in turn.
    """

    name: str
    start_seconds: float

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder.absolute()
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find it, in the words of `open_bus` and `open_state_store`."""

    @property
    def log_path(self) -> Path:
        """Everything it printed, all starts one after another."""
        return self.folder / f"{self.name}.log"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int:
        """Raises `RuntimeError` when it was not started or has ended."""
        return self._running().pid

    def start(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Start it and return once it answers.

        Args:
            given_up: Asked again and again; true ends the wait, and the process.

        Raises:
            ServerStartError: Its port is taken, it ended before it answered, it did not answer
                within `start_seconds`, or it was given up.
            RuntimeError: It already runs.
        """
        if self.is_running:
            raise RuntimeError(f"{self.name} already runs on port {self.port}")
        self._refuse_a_taken_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self._prepare()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers(self._process, given_up)
        except BaseException:
            # One that ended by itself keeps its exit code, which says whether to try again.
            if self.is_running:
                self.kill()
            raise

    def stop(self) -> None:
        """Let it end; kill it after `STOP_SECONDS`. Harmless when it does not run."""
        if self._process is None:
            return
        if self.is_running:
            # A paused process takes no other signal than these two.
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it at once, as a crash would. Harmless when it does not run."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Stop its clock: connections stay open and nothing answers, until `resume`."""
        process = self._running()
        process.send_signal(signal.SIGSTOP)
        # The signal reaches one thread after another; this returns once all have stopped.
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def is_alive(self) -> bool:
        """Whether it says anything at all within about a second, ready to serve or not."""
        try:
            return self._answers()
        except OSError:
            return False

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it has ended by itself; `None` while it runs or was stopped."""
        return None if self._process is None else self._process.poll()

    @abstractmethod
    def _prepare(self) -> Sequence[str]:
        """Write its settings into `folder`; return the command that runs it in the foreground."""

    def _environment(self) -> Mapping[str, str] | None:
        """Variables it gets; `None` for those of this process."""
        return None

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it serves clients now. Takes at most about a second; `OSError` counts as no."""

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.name} on port {self.port} does not run")
        return self._process

    def _refuse_a_taken_port(self) -> None:
        # Otherwise the one who holds it would answer, and be taken for this one.
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return
        raise ServerStartError(f"{self.name} cannot start: port {self.port} is taken")

    def _wait_until_it_answers(
        self, process: subprocess.Popen[bytes], given_up: Callable[[], bool]
    ) -> None:
        give_up = time.monotonic() + self.start_seconds
        while time.monotonic() < give_up:
            if given_up():
                raise ServerStartError(f"{self.name} was given up before it answered")
            if process.poll() is not None:
                raise self._start_error(f"ended with status {process.returncode}")
            try:
                if self._answers():
                    return
            except OSError:
                pass  # Nobody listens yet; the loop's own limit decides.
            time.sleep(POLL_SECONDS)
        raise self._start_error(f"did not answer within {self.start_seconds:.0f} s")

    def _start_error(self, what: str) -> ServerStartError:
        lines = self.log_path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        shown = "\n".join(lines) or "(empty)"
        return ServerStartError(
            f"{self.name} on port {self.port} {what}; {self.log_path}:\n{shown}"
        )

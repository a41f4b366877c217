"""What a supervisor does to end a process, and what the process answers."""

import os
import signal

import psutil

from feedrank.real.server_process import ServerProcess

DRAIN_S = 30.0


def exit_code_after_sigterm(process: ServerProcess) -> int | None:
    """Ask a process to end; its exit code."""
    watched = psutil.Process(process.process_id)
    os.kill(process.process_id, signal.SIGTERM)
    return watched.wait(DRAIN_S)

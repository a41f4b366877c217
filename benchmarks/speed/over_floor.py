"""What a cold request takes a deployment, over its floor: measured in turns, since the speed of a
machine that others use as well changes within minutes."""

import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any

from benchmarks.speed.cell import measure_cell
from benchmarks.speed.floor import Floor, captured_requests, cpu_s, others_busy
from benchmarks.speed.ghz import closed_loop
from benchmarks.speed.questions import MOST_COLD_PER_S, Questions
from benchmarks.speed.servers import Servers

ROUNDS = 5
REQUESTS = 150
CONCURRENCY = 32


def measure_over_floor(
    generations: Path, viewers: int, servers: Servers, questions: Questions, seconds: float
) -> list[dict[str, Any]]:
    """Rounds of the floor, alone and with all processors busy, and of the servers at c=32.

    Args:
        seconds: Length of the servers' part of a round.

    Returns:
        Per round CPU of the floor, `alone_us` and `busy_us`, and of the servers, `cpu_ms`, each
        per request, and their `pages`.
    """
    requests = captured_requests(generations, REQUESTS, viewers, seed=4)
    floor = Floor(generations)
    cpu_s(floor, requests)  # warm
    rounds = []
    with others_busy(generations) as others:
        for _ in range(ROUNDS):
            _send(others, signal.SIGSTOP)
            alone_us = round(1e6 * cpu_s(floor, requests), 1)
            _send(others, signal.SIGCONT)
            busy_us = round(1e6 * cpu_s(floor, requests), 1)
            _send(others, signal.SIGSTOP)
            messages = questions.cold(round(MOST_COLD_PER_S * seconds))
            load = partial(closed_loop, servers.port, messages, CONCURRENCY, seconds)
            cell = measure_cell(servers, load)
            kept = {name: cell[name] for name in ("cpu_ms", "pages")}
            rounds.append({"alone_us": alone_us, "busy_us": busy_us, **kept})
    return rounds


def _send(processes: Sequence[Popen[str]], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)

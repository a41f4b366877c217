"""What a cold request takes a deployment, over its floor: measured in turns, since the speed of a
machine that others use as well changes within minutes."""

import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any

from benchmarks.speed.captured import Captured
from benchmarks.speed.cell import measure_cell
from benchmarks.speed.floor import Floor, PartClock, captured_requests, others_busy
from benchmarks.speed.ghz import closed_loop
from benchmarks.speed.questions import Questions
from benchmarks.speed.servers import Servers

ROUNDS = 5
REQUESTS = 150
CONCURRENCY = 32
MOST_PER_S = 1_500


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
    _cpu_us(floor, requests)
    rounds = []
    with others_busy(generations) as others:
        for _ in range(ROUNDS):
            _send(others, signal.SIGSTOP)
            alone_us = _cpu_us(floor, requests)
            _send(others, signal.SIGCONT)
            busy_us = _cpu_us(floor, requests)
            _send(others, signal.SIGSTOP)
            messages = questions.cold(round(MOST_PER_S * seconds))
            load = partial(closed_loop, servers.port, messages, CONCURRENCY, seconds)
            cell = measure_cell(servers, load)
            kept = {name: cell[name] for name in ("cpu_ms", "rate", "pages")}
            rounds.append({"alone_us": alone_us, "busy_us": busy_us, **kept})
    return rounds


def _cpu_us(floor: Floor, requests: Sequence[Captured]) -> float:
    began_s = time.thread_time()
    for request in requests:
        floor.run(request, PartClock())
    return round((time.thread_time() - began_s) / len(requests) * 1e6, 1)


def _send(processes: Sequence[Popen[str]], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)

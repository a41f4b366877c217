"""Measures one deployment: closed loops of every kind of call, then open loops around the knee."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from benchmarks.speed.cell import measure_cell
from benchmarks.speed.ghz import closed_loop, open_loop
from benchmarks.speed.over_floor import measure_over_floor
from benchmarks.speed.questions import MOST_COLD_PER_S, Questions
from benchmarks.speed.servers import Servers, distributed, embedded

SHARDS = {"embedded": 1, "distributed": 2}
"""One process has no use for two: each is asked for as much as if it were the only one."""

CONCURRENCY = (1, 8, 32)
SHARES_OF_KNEE = (0.5, 0.8, 1.0, 1.2)
WARM_UP_S = 2.0
MOST_PER_S = 6_000
"""No deployment answers more on two cores: so many messages are prepared per second."""

WIDE_GATE = {"FEEDRANK_ADMISSION_MIN_RUNNING": "64"}
"""In closed loops all callers are let in: what is measured is what the server can do, not whom it
turns away. In open loops the gate is as it comes."""

TOKENS = 300


class Deployment(Protocol):
    def __call__(self, generations: Path, **variables: str) -> AbstractContextManager[Servers]: ...


DEPLOYMENTS: dict[str, Deployment] = {"embedded": embedded, "distributed": distributed}


def measure_deployment(
    name: str, generations: Path, viewers: int, seconds: float
) -> dict[str, Any]:
    """All cells of one deployment.

    Args:
        seconds: Length of each.
    """
    deployment = DEPLOYMENTS[name]
    with deployment(generations, **WIDE_GATE) as servers:
        found: dict[str, Any] = {"first_start_s": dict(servers.start_s)}
        questions = Questions(viewers, seed=1)
        closed_loop(servers.port, questions.cold(2_000), 8, WARM_UP_S)
        cells = {}
        for concurrency in CONCURRENCY:
            for kind, first, messages in _kinds(questions, concurrency, seconds):
                if first:
                    closed_loop(servers.port, first, concurrency, None)
                load = partial(closed_loop, servers.port, messages, concurrency, seconds)
                cells[f"{kind} c={concurrency}"] = measure_cell(servers, load)
                _tell(name, f"{kind} c={concurrency}", cells[f"{kind} c={concurrency}"])
        for concurrency in CONCURRENCY[:2]:
            pages = questions.second_pages(servers.port, TOKENS)
            load = partial(closed_loop, servers.port, pages, concurrency, seconds)
            cells[f"second page c={concurrency}"] = measure_cell(servers, load)
            _tell(name, f"second page c={concurrency}", cells[f"second page c={concurrency}"])
        found["closed"] = cells
        found["over_floor"] = measure_over_floor(generations, viewers, servers, questions, seconds)
    with deployment(generations) as servers:
        found["start_s"] = dict(servers.start_s)
        closed_loop(servers.port, questions.cold(2_000), 2, WARM_UP_S)
        found["knee"] = {}
        for kind, field in (("cold", "open"), ("75 % stored", "open 75 % stored")):
            knee = max(cells[f"{kind} c={concurrency}"]["rate"] for concurrency in CONCURRENCY)
            found["knee"][field] = knee
            found[field] = _around(name, kind, servers, questions, knee, seconds)
    return found


def _around(
    name: str, kind: str, servers: Servers, questions: Questions, knee: float, seconds: float
) -> dict[str, Any]:
    """Open loops at shares of what a closed loop reached at best."""
    found = {}
    for share in SHARES_OF_KNEE:
        rate = share * knee
        count = round(2 * rate * seconds) + 10
        asked = questions.cold(count)
        if kind != "cold":
            first, asked = questions.returning(count, max(CONCURRENCY))
            closed_loop(servers.port, first, 2, None)
        load = partial(open_loop, servers.port, asked, rate, seconds)
        found[f"{share:.0%}"] = measure_cell(servers, load)
        _tell(name, f"{kind}, open, {share:.0%}", found[f"{share:.0%}"])
    return found


def _kinds(
    questions: Questions, concurrency: int, seconds: float
) -> Iterator[tuple[str, list[bytes], list[bytes]]]:
    """Name, calls to be made before, and the calls."""
    yield "cold", [], questions.cold(round(MOST_COLD_PER_S * seconds))
    yield "75 % stored", *questions.returning(round(MOST_PER_S * seconds), concurrency)


def _tell(deployment: str, kind: str, cell: dict[str, Any]) -> None:
    print(
        f"  {deployment:12} {kind:22} {cell['rate']:8.1f}/s  p50 {cell['p50_ms']:7.2f}  "
        f"p99 {cell['p99_ms']:8.2f} ms  CPU {cell['cpu_ms']:6.2f} ms  "
        f"others {cell['others_cores']:.2f} cores  refused {cell['refused']}  "
        f"errors {cell['errors']}  {cell['pages']}",
        flush=True,
    )

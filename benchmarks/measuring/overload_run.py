"""Runs clients on their schedules and sums up what each phase saw."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.measuring.open_loop import Phase, Plan

SETTLE_S = 1.0
"""Left out at the beginning of each phase: its numbers are of a server that has adapted."""

START_S = 3.0
"""Clients need so long to start and connect."""


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """Calls per second by what became of them; `complete` is in time and not degraded.

    Attributes:
        p50_ms, p99_ms: Of complete answers, from the moment they were due.
    """

    name: str
    offered: float
    complete: float
    degraded: float
    refused: float
    late: float
    failed: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class RunResult:
    phases: list[PhaseResult]
    due_s: list[float]
    ms: list[float]
    outcome: list[str]
    reasons: dict[str, int]
    attempts: int


def run_clients(plans: Sequence[Plan]) -> list[RunResult]:
    """Run one client process per plan at the same time."""
    start_at = time.time() + START_S
    processes = []
    for plan in plans:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.measuring.open_loop"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(plan) | {"start_at": start_at}))
        process.stdin.close()
        processes.append(process)
    results = []
    for plan, process in zip(plans, processes, strict=True):
        assert process.stdout is not None
        calls = json.load(process.stdout)
        process.wait()
        results.append(_summed_up(plan.phases, calls))
    return results


def recovery_s(result: RunResult, begin_s: float, limit_ms: float) -> float:
    """From `begin_s` until the first second in which 95 % are complete and below `limit_ms`.

    Returns:
        Seconds, in halves; infinite if there was no such second.
    """
    due, ms = np.array(result.due_s), np.array(result.ms)
    good = (np.array(result.outcome) == "complete") & (ms <= limit_ms)
    for begin in np.arange(begin_s, due.max() - 1.0, 0.5):
        second = (due >= begin) & (due < begin + 1.0)
        if second.any() and good[second].mean() >= 0.95:
            return float(begin - begin_s)
    return float("inf")


def _summed_up(phases: Sequence[Phase], calls: dict[str, list[float]]) -> RunResult:
    order = np.argsort(calls["due_s"])
    due, ms = np.array(calls["due_s"])[order], np.array(calls["ms"])[order]
    outcome = np.array(calls["outcome"])[order]
    results, begin_s = [], 0.0
    for phase in phases:
        settled_s = min(SETTLE_S, phase.seconds / 4)
        chosen = (due >= begin_s + settled_s) & (due < begin_s + phase.seconds)
        begin_s += phase.seconds
        results.append(
            _phase_result(phase.name, phase.seconds - settled_s, ms[chosen], outcome[chosen])
        )
    reasons: dict[str, int] = dict(calls["reasons"])  # type: ignore[arg-type]
    attempts = round(sum(calls["attempts"]))
    return RunResult(results, due.tolist(), ms.tolist(), outcome.tolist(), reasons, attempts)


def _phase_result(name: str, seconds: float, ms: np.ndarray, outcome: np.ndarray) -> PhaseResult:
    def rate(kind: str) -> float:
        return round(float((outcome == kind).sum()) / seconds, 1)

    complete = ms[outcome == "complete"]
    p50, p99 = np.percentile(complete, (50, 99)) if len(complete) else (float("nan"),) * 2
    return PhaseResult(
        name,
        round(len(ms) / seconds, 1),
        rate("complete"),
        rate("degraded"),
        rate("refused"),
        rate("late"),
        rate("failed"),
        round(float(p50), 1),
        round(float(p99), 1),
    )

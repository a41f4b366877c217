"""The figures to reach, each computed from what was measured: a ratio only within one run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.speed.peers import PEERS

ONE_WORKER, TWO_WORKERS = PEERS
Results = dict[str, Any]


MOST_DEGRADED = 0.05


class DegradedError(ValueError):
    """Answers that leave something out are cheaper: no figure comes of them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One row.

    Attributes:
        at_most: Whether less is better.
        measured: The figure; raises `KeyError` where its part was not measured.
    """

    text: str
    bound: float
    unit: str
    at_most: bool
    measured: Callable[[Results], float]

    def row(self, results: Results) -> list[str]:
        """Text, goal, measured and whether it is reached."""
        sign = "≤" if self.at_most else "≥"
        goal = f"{sign} {self.bound:g}{self.unit}"
        try:
            value = self.measured(results)
        except KeyError:
            return [self.text, goal, "", "not measured"]
        except DegradedError as error:
            return [self.text, goal, "", str(error)]
        reached = value <= self.bound if self.at_most else value >= self.bound
        return [self.text, goal, f"{value:.3g}{self.unit}", "yes" if reached else "**not reached**"]


def _cell(deployment: str, load: str, field: str) -> Callable[[Results], float]:
    return lambda results: float(results[deployment]["closed"][load][field])


def _open_p99(deployment: str) -> Callable[[Results], float]:
    return lambda results: float(results[deployment]["open 75 % stored"]["80%"]["p99_ms"])


def _over_floor(deployment: str, floor: str) -> Callable[[Results], float]:
    def ratio(results: Results) -> float:
        rounds = results[deployment]["over_floor"]
        floor_us = sum(each[floor] for each in rounds) / len(rounds)
        share = _degraded_share([each["pages"] for each in rounds])
        if share > MOST_DEGRADED:
            problem = f"no figure: {share:.0%} of the answers were degraded"
            fewer = results[deployment]["closed"]["cold c=8"]
            if _degraded_share([fewer["pages"]]) <= MOST_DEGRADED:
                problem += f"; {1e3 * fewer['cpu_ms'] / floor_us:.3g}× at c=8"
            raise DegradedError(problem)
        cpu_ms = sum(float(each["cpu_ms"]) for each in rounds) / len(rounds)
        return float(1e3 * cpu_ms / floor_us)

    return ratio


def _degraded_share(pages: Sequence[Mapping[str, int]]) -> float:
    made = sum(each.get(origin, 0) for each in pages for origin in ("ranked", "floor", "stored"))
    return sum(each.get("degraded", 0) for each in pages) / max(1, made)


def _over_peer(deployment: str, kind: str, peer: str) -> Callable[[Results], float]:
    def ratio(results: Results) -> float:
        servers = results["peers"][deployment]
        ours, theirs = servers[f"{deployment}, {kind}"], servers[peer]
        return float(ours["32"]["rps"]) / float(theirs["32"]["rps"])

    return ratio


def _over_faiss(method: str, concurrency: int) -> Callable[[Results], float]:
    def ratio(results: Results) -> float:
        shard = results["shard"]
        asked = shard[f"{method} c={concurrency}"]["rate"]
        return float(asked / shard[f"raw c={concurrency}"]["rate"])

    return ratio


GOALS = (
    *(
        Goal(
            f"CPU per cold feed, {name}, c=32, over the floor {how}",
            bound,
            "×",
            True,
            _over_floor(name, floor),
        )
        for name, bound in (("embedded", 2), ("distributed", 4))
        for floor, how in (
            ("busy_us", "with all processors busy"),
            ("alone_us", "alone on the machine"),
        )
    ),
    Goal(
        "cold feeds/s, embedded, c=32, over P1 with one worker",
        5,
        "×",
        False,
        _over_peer("embedded", "cold", ONE_WORKER),
    ),
    Goal(
        "cold feeds/s, distributed, c=32, over P1 with two workers",
        2,
        "×",
        False,
        _over_peer("distributed", "cold", TWO_WORKERS),
    ),
    Goal(
        "75 % stored, embedded, c=32, over P1 with one worker",
        12,
        "×",
        False,
        _over_peer("embedded", "75 % stored", ONE_WORKER),
    ),
    Goal(
        "75 % stored, distributed, c=32, over P1 with one worker",
        6,
        "×",
        False,
        _over_peer("distributed", "75 % stored", ONE_WORKER),
    ),
    *(
        Goal(
            f"75 % stored, {name}, p99 at 80 % of the knee",
            65,
            " ms",
            True,
            _open_p99(name),
        )
        for name in ("embedded", "distributed")
    ),
    Goal("p50 at c=1, cold, embedded", 3, " ms", True, _cell("embedded", "cold c=1", "p50_ms")),
    Goal(
        "p50 at c=1, cold, distributed", 10, " ms", True, _cell("distributed", "cold c=1", "p50_ms")
    ),
    *(
        Goal(
            f"one shard over gRPC against raw Faiss, c={concurrency}, {method}",
            bound,
            "×",
            False,
            _over_faiss(method, concurrency),
        )
        for concurrency, bound in ((1, 0.35), (32, 0.6))
        for method in ("unary", "on a line")
    ),
    Goal(
        "second page, embedded, p50 at c=1",
        1,
        " ms",
        True,
        _cell("embedded", "second page c=1", "p50_ms"),
    ),
    Goal(
        "second page, embedded, pages/s at c=8",
        4_000,
        "/s",
        False,
        _cell("embedded", "second page c=8", "rate"),
    ),
    Goal(
        "start on 1 million items to SERVING, embedded",
        2,
        " s",
        True,
        lambda results: float(results["embedded"]["start_s"]["embedded"]),
    ),
    Goal(
        "start on 1 million items to SERVING, one shard",
        2,
        " s",
        True,
        lambda results: float(results["shard"]["start_s"]),
    ),
    Goal(
        "heap of a shard process",
        150,
        " MiB",
        True,
        lambda results: float(results["shard"]["memory_mib"]["heap"]),
    ),
)

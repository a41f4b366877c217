"""What a server does when more is asked of it than it can answer; open loop.

    python -m benchmarks.overload [--generations FOLDER] [--deployment embedded distributed]

Offers 0.5, 1, 2, 3 and 5 times the measured capacity of new feeds, then 0.8; then lets one caller
flood while another asks for a fifth of the capacity; then has everybody try again three times at
once. Prints tables and writes `overload.json` and `overload.png` to `--out`. Without a generation
it simulates and builds a small one. Expect the clients to need a processor of their own.
"""

import argparse
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring.capacity import measured_capacity
from benchmarks.measuring.open_loop import Phase, Plan
from benchmarks.measuring.overload_plot import draw
from benchmarks.measuring.overload_run import PhaseResult, RunResult, recovery_s, run_clients
from benchmarks.measuring.overload_servers import Servers, busy_load, distributed, embedded
from simulator import WorldSettings
from tests.integration.small_world import make_small_world

WORLD = WorldSettings(viewer_count=3_000, item_count=8_000, day_count=3)
"""So many that none of them comes to the end of what there is to show."""

LOADS = (0.5, 1.0, 2.0, 3.0, 5.0)
AFTER = 0.8
QUIET = 0.2
COLUMNS = tuple(PhaseResult.__dataclass_fields__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--generations", type=Path, help="folder of generations to serve")
    parser.add_argument("--viewers", type=int, default=WORLD.viewer_count)
    parser.add_argument(
        "--deployment",
        nargs="+",
        choices=("embedded", "distributed"),
        default=["embedded", "distributed"],
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each phase")
    parser.add_argument("--deadline-ms", type=float, default=150.0)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    args = parser.parse_args()
    generations = args.generations or overload_world(Path("var/overload"))
    report: dict[str, Any] = {}
    curves: dict[str, tuple[float, Sequence[PhaseResult]]] = {}
    for name in args.deployment:
        found = measure(name, generations, args.viewers, args.seconds, args.deadline_ms)
        report[name] = found
        phases = [PhaseResult(**phase) for phase in found["phases"][: len(LOADS)]]
        curves[name] = (float(found["capacity"]), phases)
    (args.out / "overload.json").write_text(json.dumps(report, indent=1) + "\n")
    draw(curves, args.out / "overload.png")


def measure(
    name: str,
    generations: Path,
    viewers: int = WORLD.viewer_count,
    seconds: float = 10.0,
    deadline_ms: float = 150.0,
) -> dict[str, Any]:
    """Everything about one deployment.

    Args:
        seconds: Length of each phase.

    Returns:
        `capacity` per second, `recovery_s`, and `phases`, each a `PhaseResult` as a dictionary.
    """
    started: AbstractContextManager[Servers]
    started = embedded(generations) if name == "embedded" else distributed(generations)
    with started as servers:
        capacity = measured_capacity(servers.address, servers.tokens["one"], viewers, 6.0)
        if not capacity:
            raise SystemExit(f"{name}: not one complete answer, so there is no capacity to measure")
        print(f"\n# {name}: capacity {capacity:.0f}/s, machine load {busy_load():.1f}")

        def plan(*rates: tuple[str, float], token: str = "one", retries: int = 0) -> Plan:
            phases = [Phase(name, rate * capacity, seconds) for name, rate in rates]
            return Plan(
                servers.address,
                phases,
                0.0,
                deadline_ms,
                (0, viewers),
                token=servers.tokens[token],
                retries=retries,
                heeds_pushback=False,
            )

        loads = [(f"{load:g}x", load) for load in LOADS]
        [curve] = run_clients([plan(*loads, (f"then {AFTER:g}x", AFTER))])
        flood = run_clients(
            [
                plan(("quiet", QUIET), ("quiet, other floods", QUIET)),
                plan(("nothing", 0.0), ("flood", LOADS[-1]), token="other"),
            ]
        )
        [storm] = run_clients([plan(("retry storm 2x", 2.0), ("after it 0.8x", AFTER), retries=3)])
    recovered = recovery_s(curve, len(LOADS) * seconds, 2 * curve.phases[0].p99_ms)
    for result in (curve, flood[0], storm):
        _print(result)
    print(f"back to normal after {recovered:g} s")
    phases = [*curve.phases, *flood[0].phases, *storm.phases]
    return {
        "capacity": round(capacity, 1),
        "recovery_s": recovered,
        "machine_load": round(busy_load(), 1),
        "phases": [asdict(phase) for phase in phases],
    }


def _print(result: RunResult) -> None:
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for phase in result.phases:
        print("| " + " | ".join(str(value) for value in asdict(phase).values()) + " |")
    if result.reasons:
        print(f"degraded: {result.reasons}")


def overload_world(folder: Path) -> Path:
    """Generations of a world with viewers enough, made in `folder` unless they are there."""
    if not (folder / "generations" / "CURRENT").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_small_world(folder, WORLD)
    return folder / "generations"


if __name__ == "__main__":
    main()

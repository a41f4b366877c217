"""`make faults`: inject the faults of the matrix into real processes, and print what was seen.

Run: `python -m tests.faults [ROW or NAME …] [--fast] [--deadline-ms 1000] [--write docs/faults.md]`
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from feedrank.console import progress_bar
from generation.publish import current
from tests.faults.lab import Lab
from tests.faults.matrix import Outcome, all_faults, chosen, inject
from tests.faults.table import markdown, printed
from tests.integration.small_world import SmallWorld, make_small_world

DEADLINE_MS = 1_000.0
LEAST_WIDTH = 160
"""Of the table, in characters; in less its words fall apart."""


def main() -> int:
    args = _arguments()
    console = Console()
    console.width = max(console.width, LEAST_WIDTH)
    faults = chosen(all_faults(), args.words)
    if args.fast:
        faults = [fault for fault in faults if fault.fast]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="feedrank-faults-") as folder:
        world = _world(args.world, Path(folder))
        lab = Lab(world, Path(folder), args.deadline_ms / 1e3, args.slowness)
        try:
            with progress_bar("faults") as report:
                for number, fault in enumerate(faults):
                    report(fault.name, number / len(faults))
                    outcomes.append(inject(fault, lab))
                    if args.write:  # as it goes: it takes an hour, and somebody may stop it
                        args.write.write_text(markdown(outcomes, _heading(args.deadline_ms)))
        finally:
            lab.close()
    console.print(printed(outcomes))
    failed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failed:
        console.print(f"[bold]{outcome.fault.name}[/]: {escape(outcome.failure)}")
    console.print(f"{len(outcomes)} faults, {len(failed)} not as expected")
    return bool(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults ARGS=…", description=__doc__)
    parser.add_argument("words", nargs="*", help="rows, or parts of names; all without")
    parser.add_argument("--fast", action="store_true", help="only those of the normal test suite")
    parser.add_argument("--deadline-ms", type=float, default=DEADLINE_MS, help="of GetFeed")
    parser.add_argument("--slowness", type=float, default=1.0, help="factor for other bounds")
    parser.add_argument("--write", type=Path, help="Markdown file for the table")
    parser.add_argument("--world", type=Path, help="keep the small world here between runs")
    return parser.parse_args()


def _world(kept: Path | None, folder: Path) -> SmallWorld:
    where = kept or folder / "world"
    if where.exists():
        world = SmallWorld(where / "data", where / "generations")
        current(world.generations)
        return world
    return make_small_world(where)


def _heading(deadline_ms: float) -> str:
    return (
        "# Faults\n\nWhat `make faults` saw on "
        f"{time.strftime('%Y-%m-%d')}: every fault injected into real processes (Kafka and Redis "
        f"included) while a caller asks `GetFeed` with a deadline of {deadline_ms:.0f} ms. "
        "Worst latency and coverage are of the time of the fault.\n"
    )


if __name__ == "__main__":
    sys.exit(main())

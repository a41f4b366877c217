"""The printed matrix, for a terminal and as Markdown, from the same cells."""

from collections.abc import Sequence

from rich.table import Table

from tests.faults.catalogue import CATALOGUE, MatrixRow
from tests.faults.matrix import Outcome

HEADERS = (
    "rows", "fault", "expected", "seen", "calls", "worst ms", "coverage", "lost", "double", "",
)  # fmt: skip


def printed(outcomes: Sequence[Outcome]) -> Table:
    """For `rich`."""
    table = Table(*HEADERS, show_lines=True)
    for outcome in outcomes:
        table.add_row(*_cells(outcome), style="red" if outcome.failure else "")
    return table


def markdown(outcomes: Sequence[Outcome], heading: str) -> str:
    """A page: what was injected, and where every row of the matrix is shown."""
    runs = [_line(HEADERS), _line(["---"] * len(HEADERS)), *(_line(_cells(o)) for o in outcomes)]
    names = [outcome.fault for outcome in outcomes]
    shown = [_line(("#", "fault", "shown by")), _line(["---"] * 3)]
    for number, row in CATALOGUE.items():
        matrix_runs = [fault.name for fault in names if number in fault.rows]
        shown.append(_line((str(number), row.fault, "<br>".join([*matrix_runs, *_elsewhere(row)]))))
    parts = [heading, *runs, "", "## Where every row of the matrix is shown", "", *shown, ""]
    return "\n".join(parts)


def _elsewhere(row: MatrixRow) -> list[str]:
    if row.does_not_apply:
        return [f"does not apply: {row.does_not_apply}"]
    return [f"`{test}`" for test in row.tests]


def _cells(outcome: Outcome) -> list[str]:
    fault, seen = outcome.fault, outcome.seen
    first = [", ".join(map(str, fault.rows)), fault.name, fault.expected]
    verdict = "FAILED" if outcome.failure else "ok"
    if seen is None:
        return [*first, outcome.failure.partition("\n")[0], *[""] * 5, verdict]
    return [
        *first,
        seen.in_words,
        str(seen.calls),
        f"{seen.worst_latency_ms:.0f}" if seen.calls else "",
        f"{seen.lowest_coverage:.0%}" if seen.calls else "",
        "" if seen.lost is None else str(seen.lost),
        "" if seen.double is None else str(seen.double),
        verdict,
    ]


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"

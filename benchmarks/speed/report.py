"""Turns results into the tables between the marks of docs/speed.md."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_report(results: dict[str, Any], page: Path = PAGE) -> None:
    """Replace what stands between the marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n\n".join(section for section in _sections(results) if section)
    page.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}")


def _sections(results: dict[str, Any]) -> Iterable[str]:
    if "floor" in results:
        yield _floor(results["floor"])
    for name in ("embedded", "distributed"):
        if name in results:
            yield _deployment(name, results[name])


def _floor(floor: dict[str, Any]) -> str:
    rows = [[part, us] for part, us in floor["parts_us"].items()]
    rows += [["sum", floor["sum_us"]], ["CPU per request", floor["cpu_us"]]]
    return "### Floor\n\n" + table(["part", "us"], rows)


def _deployment(name: str, found: dict[str, Any]) -> str:
    head = ["load", "calls/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU ms per call", "by process"]
    head += ["refused", "degraded"]
    rows = []
    for kind in ("closed", "open"):
        for load, cell in found[kind].items():
            by_process = ", ".join(f"{n} {ms:.2f}" for n, ms in cell["cpu_ms_by_process"].items())
            label = load if kind == "closed" else f"open loop at {load} of {found['knee']:.0f}/s"
            figures = [cell[name] for name in ("rate", "p50_ms", "p99_ms", "p999_ms", "cpu_ms")]
            degraded = cell["pages"].get("degraded", 0)
            rows.append([label, *figures, by_process, cell["refused"], degraded])
    memory = found["closed"]["cold c=8"]["memory_mib"]
    starts = [
        [process, f"{start_s:.1f}", *memory[process].values()]
        for process, start_s in found["start_s"].items()
    ]
    return "\n\n".join(
        [
            f"### {name.capitalize()}",
            table(head, rows),
            table(["process", "start to SERVING, s", "heap MiB", "resident MiB"], starts),
        ]
    )


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)

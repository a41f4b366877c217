"""Turns results into the tables between the marks of docs/speed.md."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.deployments import SHARDS
from benchmarks.speed.floor import PARTS
from benchmarks.speed.goals import GOALS

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_report(results: dict[str, Any], page: Path) -> None:
    """Replace what stands between the marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n\n".join(section for section in _sections(results) if section)
    page.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}")


def _sections(results: dict[str, Any]) -> Iterable[str]:
    rows = [goal.row(results) for goal in GOALS]
    yield "### What was to be reached\n\n" + table(["figure", "goal", "measured", "reached"], rows)
    yield _machines(results)
    if "floor" in results:
        yield _floor(results["floor"])
    for name in ("embedded", "distributed"):
        if name in results:
            yield _deployment(name, results[name])
    if "peers" in results:
        yield _peers(results["peers"])
    if "shard" in results:
        yield _shard(results["shard"])
    if "growth" in results:
        yield _growth(results["growth"])
    if "micro" in results:
        yield _micro(results["micro"])


def _machines(results: dict[str, Any]) -> str:
    rows = [
        [part, on["processor"], on["cores"], on["measured"], on["commit"], on["load_average"]]
        for part, found in results.items()
        if (on := found.get("on"))
    ]
    head = ["part", "processor", "cores", "measured (UTC)", "commit", "load before"]
    return "### Measured on\n\n" + table(head, rows)


def _peers(found: dict[str, Any]) -> str:
    head = ["round with", "server", "c", "calls/s", "p50 ms", "p99 ms", "CPU ms per call"]
    rows = [
        [name, server, concurrency]
        + [f"{cell[field]:.1f}" for field in ("rps", "p50_ms", "p99_ms", "server_cpu_ms")]
        for name in ("embedded", "distributed")
        for server, cells in found[name].items()
        if server != "pages"
        for concurrency, cell in cells.items()
    ]
    pages = "; ".join(f"{name}: {found[name]['pages']}" for name in ("embedded", "distributed"))
    return f"### Peers\n\n{table(head, rows)}\n\nOur pages over all rounds: {pages}."


def _shard(found: dict[str, Any]) -> str:
    rows = [
        [name, cell["rate"], cell["cpu_ms"]]
        for name, cell in found.items()
        if isinstance(cell, dict) and "rate" in cell
    ]
    return "### One shard\n\n" + table(["top 500", "queries/s", "CPU ms per query"], rows)


def _growth(found: dict[str, Any]) -> str:
    parts = []
    for what in ("items", "shards", "candidates", "features"):
        costs = found[what]
        names = list(next(iter(costs.values())))
        rows = [[value, *cost.values()] for value, cost in costs.items()]
        parts.append(table([what, *names], rows))
    return "### As the world grows\n\n" + "\n\n".join(parts)


def _micro(found: dict[str, Any]) -> str:
    small = table(["", "us (p50)"], found["micro_us"].items())
    stages = table(["stage", "us (p50)"], found["stages_us"].items())
    return f"### Small parts\n\n{small}\n\n{stages}"


def _floor(floors: dict[str, Any]) -> str:
    measured = [one for name in SHARDS for one in (floors[name], floors[name]["busy"])]
    rows = [[part, *(one["parts_us"][part] for one in measured)] for part in PARTS]
    rows += [
        ["sum", *(one["sum_us"] for one in measured)],
        ["CPU per request", *(one["cpu_us"] for one in measured)],
    ]
    head = ["part, us"]
    for name, count in SHARDS.items():
        shards = f"{count} shard{'s' * (count > 1)} ({name})"
        head += [f"{shards}, alone", f"{shards}, all processors busy"]
    return "### Floor\n\n" + table(head, rows)


def _deployment(name: str, found: dict[str, Any]) -> str:
    head = ["load", "calls/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU ms per call", "by process"]
    head += ["refused", "degraded"]
    rows = []
    for kind in ("closed", "open", "open 75 % stored"):
        for load, cell in found[kind].items():
            by_process = ", ".join(f"{n} {ms:.2f}" for n, ms in cell["cpu_ms_by_process"].items())
            label = load
            if kind != "closed":
                label = f"{kind} at {load} of {found['knee'][kind]:.0f}/s"
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

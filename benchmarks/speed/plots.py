"""Draws the results: where the time goes, latency under load, and growth."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

NAMES = ("embedded", "distributed")


def draw(results: dict[str, Any], path: Path) -> None:
    """Write a PNG of what was measured; panels without figures stay empty."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    _cpu(axes[0][0], results)
    _closed(axes[0][1], results)
    _open(axes[1][0], results)
    _growth(axes[1][1], results)
    for one in axes.flat:
        if one.get_legend_handles_labels()[0]:
            one.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _cpu(axes: Any, results: dict[str, Any]) -> None:
    axes.set(title="CPU of a cold feed, c=32", ylabel="ms")
    if "floor" in results:
        bottom = 0.0
        for part, us in results["floor"]["embedded"]["parts_us"].items():
            axes.bar("floor", us / 1e3, bottom=bottom, label=part)
            bottom += us / 1e3
    for name in NAMES:
        if name in results:
            bottom = 0.0
            for process, ms in results[name]["closed"]["cold c=32"]["cpu_ms_by_process"].items():
                axes.bar(name, ms, bottom=bottom, edgecolor="white")
                axes.text(name, bottom + ms / 2, process, ha="center", va="center", fontsize=6)
                bottom += ms


def _closed(axes: Any, results: dict[str, Any]) -> None:
    axes.set(title="closed loop", xlabel="calls at a time", ylabel="calls/s", xscale="log")
    for name in NAMES:
        for kind in ("cold", "75 % stored", "second page"):
            cells = results.get(name, {}).get("closed", {})
            found = [
                (c, cells[f"{kind} c={c}"]["rate"]) for c in (1, 8, 32) if f"{kind} c={c}" in cells
            ]
            if found:
                axes.plot(*zip(*found, strict=True), marker="o", label=f"{name}, {kind}")


def _open(axes: Any, results: dict[str, Any]) -> None:
    axes.set(title="open loop", xlabel="offered / knee, %", ylabel="p99 ms", yscale="log")
    for name in NAMES:
        for field in ("open", "open 75 % stored"):
            cells = results.get(name, {}).get(field, {})
            if cells:
                shares = [float(share.rstrip("%")) for share in cells]
                p99 = [cell["p99_ms"] for cell in cells.values()]
                axes.plot(shares, p99, marker="o", label=f"{name}, {field}")


def _growth(axes: Any, results: dict[str, Any]) -> None:
    axes.set(
        title="CPU as the world grows (floor dashed)", xlabel="times the smallest", ylabel="ms"
    )
    for what in ("items", "shards"):
        costs = results.get("growth", {}).get(what, {})
        if costs:
            sizes = [int(size) for size in costs]
            relative = [size / min(sizes) for size in sizes]
            for field, style in (("pipeline_us", "-"), ("floor_us", "--")):
                values = [cost[field] / 1e3 for cost in costs.values()]
                label = what if style == "-" else None
                axes.plot(relative, values, style, marker="o", label=label)
    axes.set_ylim(bottom=0)

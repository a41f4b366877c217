"""Draws what a server answered against what was asked of it."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.measuring.overload_run import PhaseResult


def draw(curves: dict[str, tuple[float, Sequence[PhaseResult]]], path: Path) -> None:
    """Write a PNG with goodput and p99 by offered load.

    Args:
        curves: By deployment: its capacity per second and its phases, in order of load.
    """
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, (capacity, phases) in curves.items():
        offered = [phase.offered / capacity for phase in phases]
        left.plot(offered, [p.complete / capacity for p in phases], marker="o", label=name)
        right.plot(offered, [p.p99_ms for p in phases], marker="o", label=name)
    left.axhline(1.0, color="grey", linewidth=0.5)
    left.set(ylim=(0, 1.2), ylabel="complete in time / capacity", title="goodput")
    right.set(ylim=(0, None), ylabel="ms", title="p99 of complete answers")
    for axes in (left, right):
        axes.set_xlabel("offered load / capacity")
        axes.legend()
    figure.savefig(path, dpi=120)

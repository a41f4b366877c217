"""Draws what the processes used, over time, with the faults that were injected."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from tests.soak.growth import BOUNDS
from tests.soak.sampling import Sample


def draw(samples: Sequence[Sample], faults: Sequence[tuple[float, str]], path: Path) -> None:
    """Write a PNG with one picture per quantity and one line per process."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, pictures = plt.subplots(2, 2, figsize=(14, 9), layout="constrained", sharex=True)
    names = sorted({sample.process for sample in samples})
    for axes, (quantity, bound) in zip(pictures.flat, BOUNDS.items(), strict=True):
        for name in names:
            told = [(s.at_s, getattr(s, quantity)) for s in samples if s.process == name]
            told = [(at_s, value / bound.scale) for at_s, value in told if value is not None]
            if told:
                axes.plot(*zip(*told, strict=True), marker=".", markersize=2, label=name)
        for at_s, _ in faults:
            axes.axvline(at_s, color="lightgrey", linewidth=0.5, zorder=0)
        axes.set(title=f"{quantity} {bound.unit}".strip(), ylim=(0, None), xlabel="s")
    figure.legend(*pictures[0, 0].get_legend_handles_labels(), loc="outside right upper")
    figure.savefig(path, dpi=110)
    plt.close(figure)

"""Panels of the dashboard in one line each, and the PromQL they are made of."""

from dataclasses import dataclass, field

HERE = 'service=~"$service"'
"""What the reader of the dashboard has chosen."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph.

    Attributes:
        lines: Legend -> PromQL; a legend may hold `{{label}}`.
        unit: Grafana's name of it.
        most: Upper end of the axis, where it has one.
    """

    title: str
    lines: dict[str, str]
    unit: str = "short"
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: list[Panel] = field(default_factory=list)


def rate(metric: str, *by: str, where: str = HERE) -> str:
    """Per second, summed over all but `by`."""
    return f"sum by ({', '.join(by)}) (rate({metric}{{{where}}}[$__rate_interval]))"


def quantile(share: float, metric: str, *by: str, where: str = HERE) -> str:
    """Of a histogram, for each of `by`."""
    return f"histogram_quantile({share}, {rate(f'{metric}_bucket', *by, 'le', where=where)})"


def largest(metric: str, *by: str) -> str:
    return f"max by ({', '.join(by)}) ({metric}{{{HERE}}})"

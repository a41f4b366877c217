"""How one metric is described."""

from dataclasses import dataclass
from typing import Literal

MS_BUCKETS = (
    *(0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 25.0, 50.0, 75.0, 100.0),
    *(150.0, 250.0, 1_000.0),
)
"""100 ms is the objective of a page and 150 ms the longest wait of a caller: both are bounds."""

COUNT_BUCKETS = (0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 350.0, 500.0, 750.0, 1_000.0, 2_000.0, 5_000.0)
SHARE_BUCKETS = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: `feedrank_…`, ending in its unit; counters end in `_total`.
        kind: A `total` is a counter, and a `level` a gauge, that is kept elsewhere and read when
            metrics are scraped.
        labels: In the order values are given to `Metrics`.
        buckets: Upper bounds, for histograms only.
    """

    name: str
    kind: Literal["counter", "total", "gauge", "level", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    buckets: tuple[float, ...] = ()

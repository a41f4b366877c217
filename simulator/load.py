"""Requests as traffic has them: a few viewers come often, most come rarely.

Each request is the JSON form of `feedrank.v1.GetFeedRequest`, which ghz takes as it is:

    with open("requests.json", "w") as file:
        json.dump(list(islice(requests(viewer_ids, seed=1), 10_000)), file)

    ghz --insecure --call feedrank.v1.FeedService.GetFeed --data-file requests.json HOST:PORT
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from simulator.vocabulary import DEVICES, SURFACES

ZIPF_EXPONENT = 1.0
"""The viewer of rank r asks 1/r times as often as the busiest."""
DEVICE_SHARES = (0.67, 0.26, 0.07)
SURFACE_SHARES = (0.8, 0.2)
CHUNK = 1_024


def requests(viewer_ids: Sequence[int], seed: int, page_size: int = 20) -> Iterator[dict[str, Any]]:
    """Yield requests without end, the same ones for the same arguments.

    Args:
        viewer_ids: Who may ask; which of them are busy is drawn by `seed`.
        page_size: Items wanted per request, in [1, 50].

    Raises:
        ValueError: there are no viewers, or `page_size` is out of range.
    """
    if not len(viewer_ids):
        raise ValueError("viewer_ids must name at least 1 viewer, got 0")
    if not 1 <= page_size <= 50:
        raise ValueError(f"page_size must be in [1, 50], got {page_size}")
    return _endless(viewer_ids, np.random.default_rng(seed), seed, page_size)


def _endless(
    viewer_ids: Sequence[int], rng: np.random.Generator, seed: int, page_size: int
) -> Iterator[dict[str, Any]]:
    ranked = rng.permutation(np.asarray(viewer_ids, np.int64)).tolist()
    cumulative = np.cumsum(np.arange(1, len(ranked) + 1) ** -ZIPF_EXPONENT)
    number = 0
    while True:
        ranks = np.searchsorted(cumulative, rng.random(CHUNK) * cumulative[-1], side="right")
        devices = rng.choice(DEVICES, CHUNK, p=DEVICE_SHARES).tolist()
        surfaces = rng.choice(SURFACES, CHUNK, p=SURFACE_SHARES).tolist()
        for rank, device, surface in zip(ranks.tolist(), devices, surfaces, strict=True):
            yield {
                # JSON has no 64-bit integers; protobuf reads and writes them as strings.
                "viewer_id": str(ranked[rank]),
                "surface": surface,
                "page_size": page_size,
                "context": {"device": device},
                "request_id": f"load-{seed}-{number}",
            }
            number += 1

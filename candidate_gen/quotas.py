"""How many candidates each source may contribute, declared in one place.

Quotas add up to more than the ranker takes: what filters and duplicates cost is lost from the
end, not from the list.
"""

import math
from collections.abc import Mapping

from serving.contracts.shard import MAX_LIMIT

MAX_RANKED = 500
"""Candidates handed to the ranker."""

QUOTAS: Mapping[str, int] = {
    "in_network": 150,
    "nearest": 150,
    "similar_to_liked": 75,
    "friends_liked": 50,
    "category_recent": 75,
    "popular": 50,
    "fresh": 50,
}
TOTAL = sum(QUOTAS.values())

NEW_VIEWER_QUOTAS: Mapping[str, int] = {**QUOTAS, "nearest": 75, "popular": 88, "fresh": 87}
"""Without a vector of the viewer's own, half of nearest goes to popular and fresh."""

MARGIN_DEVIATIONS = 3
"""A source's best hits fall on shards about like Poisson; so many deviations above the mean are
asked of each, which misses one of the best in about a thousand requests."""


def quotas_for(has_vector: bool) -> Mapping[str, int]:
    return QUOTAS if has_vector else NEW_VIEWER_QUOTAS


def shard_limit(quota: int, planned_quota: int, shard_count: int) -> int:
    """Hits to ask of every shard for one source.

    Args:
        quota: The source's own.
        planned_quota: Quotas of all sources that take part: the fewer they are, the more each is
            asked for, since the others' quota will spill to them.
    """
    wanted = quota * TOTAL / planned_quota
    mean = wanted / shard_count
    with_margin = mean if shard_count == 1 else mean + MARGIN_DEVIATIONS * math.sqrt(mean)
    return min(MAX_LIMIT, math.ceil(wanted), math.ceil(with_margin))

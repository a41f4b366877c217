"""The viewers of a world: three topics each, and the history that such a taste leaves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speed.world.items import LANGUAGES, NOON_MS, REGIONS, Items, topic_weights
from benchmarks.speed.world.size import CATEGORIES, POSITIVES, SEEN, TOPICS, WorldSize
from features.fold_in import fold_in_many
from generation import layout
from generation.arrow_file import Lists, write_table
from generation.counters import HOUR_MS
from generation.viewer_columns import VIEWER_COLUMNS, VIEWER_LISTS

FROM_TASTE = (100, 40, 20)
"""Seen items from a viewer's topics, most loved first; the others are among the most popular."""

LOVED_EVERY = 4
MINUTE_MS = 60_000
FOLD_IN_ALPHA, FOLD_IN_REGULARIZATION = 10.0, 0.05

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Viewers:
    """Attributes:
    topics: `int64[v, 3]`, most loved first.
    seen: `int64[v, SEEN]`, positions of items, newest first.
    positives: `int64[v, POSITIVES]`, of them.
    """

    topics: Positions
    seen: Positions
    positives: Positions


def make_viewers(size: WorldSize, items: Items) -> Viewers:
    random = np.random.default_rng(size.seed + 1)
    topics = random.choice(TOPICS, (size.viewers, len(FROM_TASTE)), p=topic_weights())
    parts = [
        _among(random, items.by_topic, items.topic_starts, topics[:, place], count)
        for place, count in enumerate(FROM_TASTE)
    ]
    rest = SEEN - sum(FROM_TASTE)
    popular = np.argsort(-items.columns["popularity"], kind="stable")[: max(rest, size.items // 50)]
    ends = np.array([0, len(popular)])
    parts.append(_among(random, popular, ends, np.zeros(size.viewers, np.int64), rest))
    seen = np.concatenate(parts, axis=1)
    seen = random.permuted(seen, axis=1)
    return Viewers(topics, seen, seen[:, ::LOVED_EVERY][:, :POSITIVES])


def _among(
    random: np.random.Generator,
    members: Positions,
    starts: Positions,
    groups: Positions,
    count: int,
) -> Positions:
    """`count` members of each group, distinct where it has so many: `int64[len(groups), count]`."""
    sizes = np.maximum(starts[groups + 1] - starts[groups], 1)
    strides = np.maximum(sizes // (count + 1), 1)
    first = (random.random(len(groups)) * sizes).astype(np.int64)
    steps = (first[:, None] + strides[:, None] * np.arange(count)) % sizes[:, None]
    chosen: Positions = members[np.minimum(starts[groups][:, None] + steps, len(members) - 1)]
    return chosen


def viewer_vectors(viewers: Viewers, items: Items, gram: Floats, count: int) -> Floats:
    """What is searched for when the first `count` viewers ask, or all where there are fewer:
    `float32[count, dim]`."""
    count = min(count, len(viewers.positives))
    liked = items.columns["vector"][viewers.positives[:count].reshape(-1)].astype(np.float32)
    first = np.arange(count + 1, dtype=np.int64) * POSITIVES
    ones = np.ones(len(liked), np.float32)
    return fold_in_many(liked, first, gram, ones, FOLD_IN_ALPHA, FOLD_IN_REGULARIZATION)


def write_viewers(working: Path, size: WorldSize, items: Items, viewers: Viewers) -> int:
    random = np.random.default_rng(size.seed + 2)
    count = size.viewers
    table: dict[str, Any] = {column.name: column.empty(count) for column in VIEWER_COLUMNS}
    table["viewer_id"] = np.arange(count, dtype=np.int64)
    table["region"] = random.integers(0, REGIONS + 1, count).astype(np.int32)
    table["language"] = random.integers(0, LANGUAGES + 1, count).astype(np.int32)
    table["created_ms"][:] = NOON_MS - 100 * 24 * HOUR_MS
    table["last_action_ms"][:] = NOON_MS - MINUTE_MS
    table["totals"][:] = [SEEN, POSITIVES, 10, 20, 2, 4 * SEEN, SEEN]
    table["follow_count"][:] = size.follows
    table["has_vector"][:] = 1
    for start in range(0, count, 10_000):
        liked = items.columns["vector"][viewers.positives[start : start + 10_000]]
        table["vector"][start : start + 10_000] = liked.mean(axis=1, dtype=np.float32)
    table |= _history("seen", items, viewers.seen)
    table |= _history("positive", items, viewers.positives)
    categories = items.columns["categories"][:, 0].astype(np.int64)
    table |= _counts("category", "codes", categories, viewers, CATEGORIES + 1)
    authors = items.columns["author_id"]
    table |= _counts("author", "ids", authors, viewers, int(authors.max()) + 1)
    table |= {
        name: Lists(table[name].offsets, table[name].values.astype(dtype))
        for name, dtype in VIEWER_LISTS.items()
    }
    return write_table(working / layout.VIEWERS, table)


def _history(name: str, items: Items, positions: Positions) -> dict[str, Lists]:
    """Ids and times, a minute apart."""
    count, width = positions.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    times = np.tile(NOON_MS - MINUTE_MS * np.arange(1, width + 1), count)
    ids = items.columns["item_id"][positions.reshape(-1)]
    return {f"{name}_item_ids": Lists(offsets, ids), f"{name}_ms": Lists(offsets, times)}


def _counts(
    name: str, key_name: str, key_of: Positions, viewers: Viewers, bound: int
) -> dict[str, Lists]:
    """Impressions and positives per viewer and key. Of a key below `bound`."""
    shift = np.arange(len(viewers.seen))[:, None] * bound
    pairs, impressions = np.unique(shift + key_of[viewers.seen], return_counts=True)
    liked, likes = np.unique(shift + key_of[viewers.positives], return_counts=True)
    positives = np.zeros(len(pairs), np.float32)
    positives[np.searchsorted(pairs, liked)] = likes
    owner, keys = np.divmod(pairs, bound)
    offsets = np.searchsorted(owner, np.arange(len(viewers.seen) + 1)).astype(np.int32)
    return {
        f"{name}_{key_name}": Lists(offsets, keys),
        f"{name}_impressions": Lists(offsets, impressions),
        f"{name}_positives": Lists(offsets, positives),
    }

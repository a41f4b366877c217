"""The items of a world: clustered vectors, long-tailed popularity, authors with a topic."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speed.world.size import CATEGORIES, GROUPS, TOPICS, WorldSize
from generation.counters import COUNTED, HALF_LIVES_MS, HOUR_MS
from generation.item_columns import EMBEDDING_DIM, SHARD_ITEM_COLUMNS

NOON_MS = 1_750_000_000_000
DAYS = 90
FIRST_ITEM = 1_000_000_000
REGIONS, LANGUAGES = 5, 3
TYPICAL_NORM = 0.08
"""ALS keeps the sums of squares of both sides equal: with so many more items than viewers, and all
of them in the Gram matrix, items are this short and viewers about three times as long."""

CHUNK = 100_000

Columns = dict[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Items:
    """Attributes:
    columns: `SHARD_ITEM_COLUMNS`, ordered by item id.
    topics: `int32[n]`.
    by_topic: `int64[n]`, positions of items grouped by topic, most popular first.
    topic_starts: `int64[TOPICS + 1]`, where each topic begins in `by_topic`.
    """

    columns: Columns
    topics: npt.NDArray[np.int32]
    by_topic: npt.NDArray[np.int64]
    topic_starts: npt.NDArray[np.int64]


def topic_weights() -> npt.NDArray[np.float64]:
    """Share of items of each topic: a few large ones, many small ones."""
    weights = 1 / np.arange(1, TOPICS + 1) ** 0.5
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def categories_of(topics: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Main category of each topic, `1..CATEGORIES`."""
    return (topics % GROUPS % CATEGORIES + 1).astype(np.int32)


def make_items(size: WorldSize) -> Items:
    random = np.random.default_rng(size.seed)
    count = size.items
    author_topics = random.choice(TOPICS, size.authors, p=topic_weights()).astype(np.int32)
    authors = np.minimum(random.zipf(1.3, count) - 1, random.integers(0, size.authors, count))
    # The first authors of a Zipf law would be of the largest topics only.
    authors = random.permutation(size.authors)[authors]
    strays = random.random(count) < 0.2
    topics = np.where(
        strays, random.choice(TOPICS, count, p=topic_weights()), author_topics[authors]
    ).astype(np.int32)
    popularity = random.lognormal(0, 2, count).astype(np.float32)
    columns = {column.name: column.empty(count) for column in SHARD_ITEM_COLUMNS}
    columns["item_id"] = FIRST_ITEM + np.arange(count, dtype=np.int64)
    columns["author_id"] = size.first_author + authors.astype(np.int64)
    age_ms = (random.random(count) ** 1.5 * DAYS * 24 * HOUR_MS).astype(np.int64)
    columns["created_ms"] = NOON_MS - age_ms
    columns["categories"][:, 0] = categories_of(topics)
    second = random.integers(1, CATEGORIES + 1, count)
    columns["categories"][:, 1] = np.where(second != columns["categories"][:, 0], second, 0)
    columns["region"] = _mostly_any(random, count, REGIONS, 0.8)
    columns["language"] = _mostly_any(random, count, LANGUAGES, 0.3)
    columns["visibility"] = random.choice(3, count, p=(0.97, 0.02, 0.01)).astype(np.uint8)
    columns["is_sensitive"] = (random.random(count) < 0.02).astype(np.uint8)
    columns["has_vector"][:] = 1
    columns["duration_s"] = random.integers(5, 180, count).astype(np.float32)
    columns["popularity"] = popularity
    _add_counts(random, columns, age_ms)
    _add_author_facts(random, columns, authors, size)
    columns["vector"] = _vectors(random, topics, popularity)
    by_topic = np.lexsort((-popularity, topics))
    starts = np.searchsorted(topics[by_topic], np.arange(TOPICS + 1))
    return Items(columns, topics, by_topic, starts.astype(np.int64))


def _mostly_any(
    random: np.random.Generator, count: int, names: int, share_of_any: float
) -> npt.NDArray[np.int32]:
    """Codes of a vocabulary; 0, which suits everybody, with this share."""
    codes = random.integers(1, names + 1, count)
    return np.where(random.random(count) < share_of_any, 0, codes).astype(np.int32)


def _add_counts(
    random: np.random.Generator, columns: Columns, age_ms: npt.NDArray[np.int64]
) -> None:
    """Counters that agree with popularity, and fade as counters do."""
    popularity = columns["popularity"]
    shares = np.array([1, 0.12, 0.05, 0.08, 0.01], np.float32)
    totals = np.round(popularity[:, None] * 10 * shares * random.random((len(popularity), 5)))
    for horizon in range(3):
        half_life_ms = HALF_LIVES_MS[horizon * len(COUNTED)]
        faded = np.exp2(-age_ms / half_life_ms) if half_life_ms else np.ones(len(age_ms))
        place = slice(horizon * len(COUNTED), (horizon + 1) * len(COUNTED))
        columns["counters"][:, place] = totals * faded[:, None]


def _add_author_facts(
    random: np.random.Generator,
    columns: Columns,
    authors: npt.NDArray[np.int64],
    size: WorldSize,
) -> None:
    followers = random.lognormal(4, 1.5, size.authors).astype(np.float32)
    columns["author_followers"] = followers[authors]
    columns["author_items"] = np.bincount(authors, minlength=size.authors)[authors].astype("f4")
    for name, place in (("impressions", 0), ("positives", 2)):
        sums = np.bincount(authors, columns["counters"][:, place], minlength=size.authors)
        columns[f"author_{name}"] = sums[authors].astype(np.float32)


def _vectors(
    random: np.random.Generator, topics: npt.NDArray[np.int32], popularity: Floats
) -> npt.NDArray[np.float16]:
    """`float16[n, 64]`: topics lie in groups, noise has a falling spectrum, and, as ALS leaves
    them, what many people liked is longer than what few did."""
    groups = _units(random.standard_normal((GROUPS, EMBEDDING_DIM), np.float32))
    own = _units(random.standard_normal((TOPICS, EMBEDDING_DIM), np.float32))
    centres = _units(groups[np.arange(TOPICS) % GROUPS] + np.float32(0.6) * own)
    spectrum = np.arange(1, EMBEDDING_DIM + 1, dtype=np.float32) ** np.float32(-0.35)
    spectrum *= np.float32(0.75) / np.linalg.norm(spectrum)
    norms = TYPICAL_NORM * popularity**0.06 * random.lognormal(0, 0.1, len(topics))
    vectors = np.empty((len(topics), EMBEDDING_DIM), np.float16)
    for start in range(0, len(topics), CHUNK):
        rows = slice(start, start + CHUNK)
        noise = random.standard_normal((len(topics[rows]), EMBEDDING_DIM), np.float32) * spectrum
        directions = _units(centres[topics[rows]] + noise)
        vectors[rows] = directions * norms[rows, None].astype(np.float32)
    return vectors


def _units(rows: Floats) -> Floats:
    units: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units

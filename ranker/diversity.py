"""Chooses and orders the list: best value first, spaced by author and category, not all alike.

Greedy: each place takes the candidate with the highest value, less a penalty for likeness to what
is chosen already (maximal marginal relevance), less what `rules.py` asks of it at that place.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ranker.greedy import Limits, choose
from ranker.rules import NO_CATEGORY, NOBODY, groups_of
from serving.contracts.sources import SOURCE_BIT

Floats = npt.NDArray[np.float32]

SOCIAL_SOURCES = ("in_network", "friends_liked")


@dataclass(frozen=True, slots=True)
class DiversitySettings:
    """The rules of a list.

    Attributes:
        author_gap: Other items between two of one author.
        max_per_author: Items of one author in a list.
        category_window, max_per_window: In any so many neighbours, at most so many share a main
            category.
        min_categories, opening_places: So many categories within so many places from the top.
        social_every: Of any so many neighbours one is by somebody followed, and one was liked by a
            friend, where there are such; 0 for never. Otherwise a model trained on what people
            found elsewhere can leave out everybody they know.
        likeness_weight: What the cosine to the most similar chosen item costs, where the span of
            values is 1.
        sensitive_penalty: What being sensitive costs, on the same scale.
        sensitive_free: Places at the top without sensitive items.
    """

    author_gap: int = 4
    max_per_author: int = 4
    category_window: int = 5
    max_per_window: int = 2
    min_categories: int = 0
    opening_places: int = 20
    social_every: int = 10
    likeness_weight: float = 0.2
    sensitive_penalty: float = 0.3
    sensitive_free: int = 5


NEW_VIEWER = DiversitySettings(
    max_per_author=2, category_window=8, max_per_window=1, min_categories=8
)
"""For somebody of whom nothing is known: broad, so that there is something to learn from."""


def select_diverse(
    values: Floats,
    item_ids: npt.NDArray[np.int64],
    author_ids: npt.NDArray[np.int64],
    categories: npt.NDArray[np.int32],
    is_sensitive: npt.NDArray[np.bool_],
    vectors: Floats,
    source_bits: npt.NDArray[np.uint32],
    count: int,
    settings: DiversitySettings,
) -> npt.NDArray[np.intp]:
    """Choose up to `count` of `n` candidates.

    Args:
        values: `float32[n]`, finite, higher is better.
        author_ids: `int64[n]`; -1 (no author) is never spaced.
        categories: `int32[n]`, main category; 0 (none) is never spaced.
        vectors: `float32[n, dim]`; zero rows are like nothing.
        source_bits: `uint32[n]`, which sources found the item.

    Returns:
        Rows `intp[min(count, n)]`, best first; the same whatever the order of the input.
    """
    # Sorted by value, then id: argmax then gives a tie to the better, and among equals to the
    # smaller id.
    order = np.lexsort((item_ids, -values))
    sensitive = is_sensitive[order]
    span = 1 + settings.sensitive_penalty + settings.likeness_weight
    worth = _unit_span(values[order]) * np.float32(1 / span)
    worth -= np.float32(settings.sensitive_penalty / span) * sensitive
    sources = source_bits[order]
    chosen = choose(
        worth,
        _likeness(vectors[order], settings.likeness_weight / span),
        groups_of(author_ids[order], NOBODY),
        groups_of(categories[order].astype(np.int64), NO_CATEGORY),
        sensitive,
        sources & np.uint32(SOURCE_BIT["in_network"]) > 0,
        sources & np.uint32(SOURCE_BIT["friends_liked"]) > 0,
        _limits(settings),
        min(count, len(order)),
    )
    return order[chosen]


def _limits(settings: DiversitySettings) -> Limits:
    return Limits(*(getattr(settings, name) for name in Limits._fields))


def _unit_span(values: Floats) -> Floats:
    # In float64: the span of two finite scores need not be a finite float32.
    wide = values.astype(np.float64)
    lowest = wide.min(initial=np.inf)
    span = wide.max(initial=-np.inf) - lowest
    scaled: Floats = ((wide - lowest) / (span if span > 0 else 1.0)).astype(np.float32)
    return scaled


def _likeness(vectors: Floats, weight: float) -> Floats:
    """Cosine of every pair times `weight`, `float32[n, n]`."""
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    lengths = np.sqrt(np.float32(weight)) / np.maximum(norms, np.float32(1e-6))
    scaled = vectors * lengths[:, None]
    likeness: Floats = scaled @ scaled.T
    return likeness

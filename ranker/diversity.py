"""Chooses and orders the list: best value first, spaced by author and category, not all alike.

Greedy: each place takes the candidate with the highest value, less a penalty for likeness to what
is chosen already (maximal marginal relevance), among those that no rule blocks at that place. Where
rules block everybody they are dropped in the order of `RELAXED`, so a list is as long as there are
candidates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

RELAXED = ("category window", "author spacing", "items per author")
"""What gives way first where rules cannot all be kept."""

NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class DiversitySettings:
    """The rules of a list.

    Attributes:
        author_gap: Other items between two of one author.
        max_per_author: Items of one author in a list.
        category_window, max_per_window: In any so many neighbours, at most so many share a main
            category.
        likeness_weight: What the cosine to the most similar chosen item costs, where the span of
            values is 1.
        sensitive_penalty: What being sensitive costs, on the same scale.
        sensitive_free: Places at the top without sensitive items.
    """

    author_gap: int = 4
    max_per_author: int = 4
    category_window: int = 5
    max_per_window: int = 2
    likeness_weight: float = 0.2
    sensitive_penalty: float = 0.3
    sensitive_free: int = 5


NEW_VIEWER = DiversitySettings(max_per_author=2, category_window=8, max_per_window=1)
"""For somebody of whom nothing is known: broad, so that there is something to learn from."""


def select_diverse(
    values: Floats,
    item_ids: npt.NDArray[np.int64],
    author_ids: npt.NDArray[np.int64],
    categories: npt.NDArray[np.int32],
    is_sensitive: npt.NDArray[np.bool_],
    vectors: Floats,
    count: int,
    settings: DiversitySettings,
) -> Rows:
    """Choose up to `count` of `n` candidates.

    Args:
        values: `float32[n]`, finite, higher is better.
        author_ids: `int64[n]`; -1 (no author) is never spaced.
        categories: `int32[n]`, main category; 0 (none) is never spaced.
        vectors: `float32[n, dim]`; zero rows are like nothing.

    Returns:
        Rows `intp[min(count, n)]`, best first; the same whatever the order of the input.
    """
    order = np.lexsort((item_ids, -values))
    picker = _Picker(
        _unit_span(values[order]) - settings.sensitive_penalty * is_sensitive[order],
        author_ids[order],
        categories[order],
        is_sensitive[order],
        _likeness(vectors[order]) * np.float32(settings.likeness_weight),
        settings,
    )
    return order[[picker.pick(place) for place in range(min(count, len(order)))]]


class _Picker:
    """Picks one candidate after another; rows are sorted by value, so argmax breaks ties well."""

    def __init__(
        self,
        worth: Floats,
        authors: npt.NDArray[np.int64],
        categories: npt.NDArray[np.int32],
        sensitive: npt.NDArray[np.bool_],
        likeness: Floats,
        settings: DiversitySettings,
    ) -> None:
        self._settings = settings
        self._worth = worth.astype(np.float32)
        self._likeness = likeness
        self._closest = np.zeros(len(worth), np.float32)
        self._free = np.ones(len(worth), np.bool_)
        self._authors, self._categories = authors, categories
        self._author_count: dict[int, int] = {}
        self._recent_categories: list[int] = []
        # First place at which a row is allowed again, per rule.
        self._category_until = np.zeros(len(worth), np.int32)
        self._spacing_until = np.zeros(len(worth), np.int32)
        self._author_until = np.zeros(len(worth), np.int32)
        self._top_until = np.where(sensitive, settings.sensitive_free, 0).astype(np.int32)

    def pick(self, place: int) -> int:
        score = self._worth - self._closest
        row = self._best(score, place)
        self._free[row] = False
        np.maximum(self._closest, self._likeness[row], out=self._closest)
        self._block_author(int(self._authors[row]), place)
        self._block_category(int(self._categories[row]), place)
        return row

    def _best(self, score: Floats, place: int) -> int:
        rules = [self._category_until, self._spacing_until, self._author_until]
        until = np.maximum(np.maximum(rules[0], rules[1]), np.maximum(rules[2], self._top_until))
        allowed = self._free & (until <= place)
        while not allowed.any() and rules:
            rules.pop(0)
            allowed = self._free.copy()
            for rule in rules:
                allowed &= rule <= place
        return int(np.where(allowed, score, -np.inf).argmax())

    def _block_author(self, author: int, place: int) -> None:
        if author < 0:
            return
        count = self._author_count[author] = self._author_count.get(author, 0) + 1
        rows = self._authors == author
        self._spacing_until[rows] = place + self._settings.author_gap + 1
        if count >= self._settings.max_per_author:
            self._author_until[rows] = NEVER

    def _block_category(self, category: int, place: int) -> None:
        window, most = self._settings.category_window, self._settings.max_per_window
        self._recent_categories.append(category)
        if category == 0:
            return
        places = [
            at
            for at in range(max(0, place - window + 1), place + 1)
            if self._recent_categories[at] == category
        ]
        if len(places) >= most:
            self._category_until[self._categories == category] = places[-most] + window


def _unit_span(values: Floats) -> Floats:
    lowest = values.min(initial=np.inf)
    span = values.max(initial=-np.inf) - lowest
    scaled: Floats = (values - lowest) / (span if span > 0 else np.float32(1))
    return scaled


def _likeness(vectors: Floats) -> Floats:
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    unit = vectors / np.maximum(norms, np.float32(1e-6))[:, None]
    likeness: Floats = np.maximum(unit @ unit.T, 0)
    return likeness

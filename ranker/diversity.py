"""Chooses and orders the list: best value first, spaced by author and category, not all alike.

Greedy: each place takes the candidate with the highest value, less a penalty for likeness to what
is chosen already (maximal marginal relevance), less what `rules.py` asks of it at that place.
"""

from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from ranker.cut import best_rows
from ranker.greedy import FRIENDS_LIKED, IN_NETWORK, Limits, choose
from ranker.listable import Listable
from serving.contracts.shard import Columns

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

SOCIAL_BITS = np.array([IN_NETWORK, FRIENDS_LIKED], np.uint32)
"""Of the sources whose items `social_every` is about."""


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

LIMITS_OF = attrgetter(*Limits._fields)


def select_diverse(
    values: Floats,
    rows: Rows,
    candidates: Columns,
    count: int,
    settings: DiversitySettings,
) -> Rows:
    """Choose up to `count` of `n` candidates.

    Args:
        values: `float32[n]`, finite, higher is better.
        rows: `int64[n]`, where each of them is in `candidates`.
        candidates: Columns `item_id` and those of `Listable`.

    Returns:
        Places `int64[min(count, n)]` in `rows`, best first; whatever the order of the input, those
        of the same items.
    """
    order = best_rows(values, candidates["item_id"][rows])
    limits = Limits(*LIMITS_OF(settings))
    chosen = choose(
        values[order],
        rows[order],
        Listable.of(candidates),
        limits,
        float(settings.sensitive_penalty),
        float(settings.likeness_weight),
        count,
    )
    places: Rows = order[chosen]
    return places

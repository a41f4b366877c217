"""Feature inputs of which a test names only what it is about."""

from typing import Any

import numpy as np

from features.inputs import ContextInputs, CrossInputs, Inputs, ItemInputs, ViewerInputs
from generation.item_columns import ITEM_FACTS, MAX_CATEGORIES

NOON_MS = 1_750_000_000_000 // 86_400_000 * 86_400_000 + 43_200_000
DIM = 4


def inputs(
    rows: int = 1,
    *,
    viewers: int = 1,
    viewer: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    items: dict[str, Any] | None = None,
    cross: dict[str, Any] | None = None,
    facts: dict[str, float] | None = None,
) -> Inputs:
    """Everything missing or zero, but what is named. `facts` are plain values, before `log1p`."""
    matrix = np.zeros((rows, len(ITEM_FACTS)), np.float16)
    for name, value in (facts or {}).items():
        matrix[:, ITEM_FACTS.index(name)] = np.log1p(value)
    m, n = viewers, rows
    return Inputs(
        ViewerInputs(**_filled(_viewer(m), viewer)),
        ContextInputs(**_filled(_context(m), context)),
        ItemInputs(**_filled({**_items(n), "facts": matrix}, items)),
        CrossInputs(**_filled(_cross(n), cross)),
    )


def _viewer(m: int) -> dict[str, Any]:
    counts = (
        "clicks_5m", "views_5m", "categories_5m", "items_seen", "recent_seen", "recent_positives",
        "follow_count",
    )  # fmt: skip
    codes = ("created_ms", "last_action_ms", "region", "language")
    return {
        "totals": np.zeros((m, 7), np.float32),
        **{name: np.zeros(m, np.float32) for name in counts},
        **{name: np.zeros(m, np.int64) for name in codes},
        "vector": np.zeros((m, DIM), np.float32),
    }


def _context(m: int) -> dict[str, Any]:
    zeros = np.zeros(m, np.int64)
    return {
        "now_ms": np.full(m, NOON_MS),
        "utc_offset_minutes": zeros,
        "surface": zeros,
        "device": zeros,
    }


def _items(n: int) -> dict[str, Any]:
    return {
        "created_ms": np.full(n, NOON_MS),
        "categories": np.zeros((n, MAX_CATEGORIES), np.int32),
        "region": np.zeros(n, np.int32),
        "language": np.zeros(n, np.int32),
        "is_sensitive": np.zeros(n, np.uint8),
        "has_vector": np.zeros(n, np.uint8),
        "vector": np.zeros((n, DIM), np.float16),
    }


def _cross(n: int) -> dict[str, Any]:
    flags = ("follows_author", "is_friend", "same_group")
    return {
        "category_impressions": np.zeros((n, MAX_CATEGORIES), np.float32),
        "category_positives": np.zeros((n, MAX_CATEGORIES), np.float32),
        "author_impressions": np.zeros(n, np.float32),
        "author_positives": np.zeros(n, np.float32),
        **{name: np.zeros(n, np.uint8) for name in flags},
        "follow_distance": np.full(n, 3, np.float32),
        "friends_liked": np.zeros(n, np.float32),
    }


def _filled(columns: dict[str, Any], named: dict[str, Any] | None) -> dict[str, Any]:
    for name, value in (named or {}).items():
        columns[name] = np.broadcast_to(np.asarray(value, columns[name].dtype), columns[name].shape)
    return columns

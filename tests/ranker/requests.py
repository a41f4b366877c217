"""Builders of ranking requests that name only what a test is about."""

from typing import Any

import numpy as np

from features.inputs import ContextInputs, ViewerInputs
from generation.item_columns import EMBEDDING_DIM
from serving.contracts.rank import RankRequest
from serving.contracts.rank_columns import RANK_COLUMNS, VIEWER_FIELDS, VIEWER_INPUT_COLUMNS
from serving.contracts.receipt import Receipt

NOON_MS = 1_750_000_000_000
EAST = np.eye(1, EMBEDDING_DIM, dtype=np.float32)


def a_viewer(*, impressions: float = 100) -> ViewerInputs:
    """A viewer whose vector points east; without impressions, one of whom nothing is known."""
    known = {c.name: c.empty(1) for c in VIEWER_INPUT_COLUMNS if c.name in VIEWER_FIELDS}
    if impressions:
        known["totals"][:] = [impressions, 10, 2, 1, 0, 60, 20]
        known["vector"][:] = EAST
    return ViewerInputs(**known)


def a_context() -> ContextInputs:
    zero = np.zeros(1, np.int64)
    return ContextInputs(now_ms=zero + NOON_MS, utc_offset_minutes=zero, surface=zero, device=zero)


def candidates(item_ids: list[int], **columns: Any) -> dict[str, np.ndarray]:
    """Columns of the given items; all others hold their missing value."""
    made = {column.name: column.empty(len(item_ids)) for column in RANK_COLUMNS}
    made["item_id"] = np.array(item_ids, np.int64)
    made["source_bits"][:] = 1
    for name, values in columns.items():
        made[name][...] = values
    return made


def listable(
    item_ids: Any, author_ids: Any, categories: Any, is_sensitive: Any, vectors: Any, bits: Any
) -> dict[str, np.ndarray]:
    """Columns that the rules of a list look at; `categories` are the main ones."""
    return {
        "item_id": np.array(item_ids, np.int64),
        "author_id": np.array(author_ids, np.int64),
        "categories": np.array(categories, np.int32)[:, None],
        "is_sensitive": np.array(is_sensitive, np.uint8),
        "vector": np.array(vectors, np.float16),
        "source_bits": np.array(bits, np.uint32),
    }


def pointing(degrees_from_east: list[float]) -> np.ndarray:
    """Vectors at these angles to the viewer's, `float16[n, dim]`."""
    vectors = np.zeros((len(degrees_from_east), EMBEDDING_DIM), np.float16)
    radians = np.radians(degrees_from_east)
    vectors[:, 0], vectors[:, 1] = np.cos(radians), np.sin(radians)
    return vectors


def a_request(columns: dict[str, np.ndarray], **fields: Any) -> RankRequest:
    given: dict[str, Any] = {
        "request_id": "r1",
        "generation": "tiny",
        "viewer_id": 1,
        "reply_partition": 3,
        "revocation_version": 7,
        "now_ms": NOON_MS,
        "viewer": a_viewer(),
        "context": a_context(),
        "candidates": columns,
        "receipt": Receipt(generation="tiny"),
    }
    return RankRequest(**{**given, **fields})

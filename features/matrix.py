"""The model input: all features of all candidates as one matrix, and the hash of what it means."""

import hashlib

import numpy as np

from features import author, context, cross, item, viewer
from features.feature import Feature
from features.inputs import Floats, Inputs
from features.layout import columns_of

GROUPS: dict[str, tuple[Feature, ...]] = {
    "viewer": viewer.FEATURES,
    "context": context.FEATURES,
    "item": item.FEATURES,
    "author": author.FEATURES,
    "cross": cross.FEATURES,
}
FEATURES: tuple[Feature, ...] = tuple(f for group in GROUPS.values() for f in group)
FEATURE_COUNT = len(FEATURES)


def feature_schema() -> str:
    """Twelve hex digits that change with any name, default or the order; in every model."""
    lines = [f"{f.name} {f.default}" for f in FEATURES]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def group_columns(group: str) -> slice:
    """Columns of one group in the matrix."""
    start = 0
    for name, features in GROUPS.items():
        if name == group:
            return slice(start, start + len(features))
        start += len(features)
    raise ValueError(f"no feature group {group}, there are {', '.join(GROUPS)}")


def feature_matrix(inputs: Inputs) -> Floats:
    """Compute every feature.

    Returns:
        `float32[n, FEATURE_COUNT]`, C-contiguous, in the order of `FEATURES`; finite when the
        inputs are.
    """
    matrix = columns_of(len(inputs.items.facts), FEATURE_COUNT)
    matrix[:, group_columns("viewer")] = viewer.viewer_block(inputs.viewer, inputs.context)
    matrix[:, group_columns("context")] = context.context_block(inputs.context)
    matrix[:, group_columns("item")] = item.item_block(inputs.items, inputs.context)
    matrix[:, group_columns("author")] = author.author_block(inputs.items)
    matrix[:, group_columns("cross")] = cross.cross_block(inputs)
    return np.ascontiguousarray(matrix)

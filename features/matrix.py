"""The model input: all features of all candidates as one matrix, and the hash of what it means."""

import hashlib

import numpy as np

from features import author, context, cross, item, viewer
from features.author import fill_author
from features.compiled_inputs import CONTEXT, CROSS, ITEMS, VIEWER, loop_inputs
from features.context import fill_context
from features.counted_halves import COUNT_OF_HALF, counts_of
from features.cross import fill_cross
from features.feature import Feature
from features.inputs import ContextInputs, CrossInputs, Floats, Inputs, ItemInputs, ViewerInputs
from features.item import fill_item
from features.viewer import fill_viewer
from generation.compiled import FLOAT32_ROWS, FLOAT32S, NOTHING, compiled

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


AT_CONTEXT, AT_ITEM, AT_AUTHOR, AT_CROSS = (
    group_columns(group).start for group in ("context", "item", "author", "cross")
)


def feature_matrix(inputs: Inputs) -> Floats:
    """Compute every feature.

    Returns:
        `float32[n, FEATURE_COUNT]`, C-contiguous, in the order of `FEATURES`; finite when the
        inputs are.

    Raises:
        ValueError: columns of `inputs` do not fit together.
    """
    matrix = np.empty((len(inputs.items.facts), FEATURE_COUNT), np.float32)
    arrays = loop_inputs(inputs)
    if len(matrix):
        fill(matrix, *arrays, COUNT_OF_HALF)
    return matrix


@compiled(NOTHING, FLOAT32_ROWS, VIEWER, CONTEXT, ITEMS, CROSS, FLOAT32S)
def fill(
    matrix: Floats,
    viewer: ViewerInputs,
    context: ContextInputs,
    items: ItemInputs,
    cross: CrossInputs,
    count_of_half: Floats,
) -> None:
    """Fill every column of one row or more."""
    fill_viewer(matrix, 0, viewer, context)
    fill_context(matrix, AT_CONTEXT, context)
    for row in range(len(viewer.totals), len(matrix)):
        for column in range(AT_ITEM):
            matrix[row, column] = matrix[0, column]
    counts = counts_of(items.facts, count_of_half)
    fill_item(matrix, AT_ITEM, items, counts, context)
    fill_author(matrix, AT_AUTHOR, counts)
    fill_cross(matrix, AT_CROSS, viewer, items, cross)

"""The inputs of features as the compiled loop takes them: their types, and a check of lengths."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from features.inputs import ContextInputs, CrossInputs, Inputs, ItemInputs, ViewerInputs
from generation.compiled import (
    FLOAT32_ROWS,
    FLOAT32S,
    INT32_ROWS,
    INT32S,
    INT64S,
    UINT8S,
    UINT16_ROWS,
    fields,
    own,
)
from generation.item_columns import ITEM_FACTS
from generation.viewer_columns import VIEWER_TOTALS

VIEWER = fields(ViewerInputs, FLOAT32_ROWS, *[FLOAT32S] * 7, *[INT64S] * 4, FLOAT32_ROWS)
CONTEXT = fields(ContextInputs, *[INT64S] * 4)
ITEMS = fields(
    ItemInputs, INT64S, INT32_ROWS, INT32S, INT32S, UINT8S, UINT8S, UINT16_ROWS, UINT16_ROWS
)
CROSS = fields(
    CrossInputs, FLOAT32_ROWS, FLOAT32_ROWS, FLOAT32S, FLOAT32S, *[UINT8S] * 3, FLOAT32S, FLOAT32S
)


def loop_inputs(inputs: Inputs) -> Inputs:
    """The same for the loop, which reads float16 by their bits and looks at no length.

    Raises:
        ValueError: arrays do not fit together.
    """
    viewer, context, items, cross = inputs
    _check_rows("a candidate", len(items.facts), (*items, *cross))
    _check_rows("a viewer", len(viewer.totals), (*viewer, *context))
    if len(viewer.totals) not in (1, len(items.facts)):
        raise ValueError(f"{len(viewer.totals)} viewers for {len(items.facts)} candidates")
    _check_width("facts", items.facts, len(ITEM_FACTS))
    _check_width("totals", viewer.totals, len(VIEWER_TOTALS))
    _check_width("vector", viewer.vector, items.vector.shape[1])
    _check_width(
        "category_positives", cross.category_positives, cross.category_impressions.shape[1]
    )
    *numbers, facts, vector = items
    halves = [own(column).view(np.uint16) for column in (facts, vector)]
    return Inputs(
        ViewerInputs(*_owned(viewer)),
        ContextInputs(*_owned(context)),
        ItemInputs(*_owned(numbers), *halves),
        CrossInputs(*_owned(cross)),
    )


def _owned(columns: Sequence[Any]) -> list[Any]:
    return [own(column) for column in columns]


def _check_rows(of: str, count: int, columns: Sequence[Any]) -> None:
    for column in columns:
        if len(column) != count:
            raise ValueError(f"{len(column)} rows in a column of {of}, {count} in another")


def _check_width(name: str, column: npt.NDArray[Any], width: int) -> None:
    if column.shape[1] != width:
        raise ValueError(f"{name} is {column.shape[1]} wide, not {width}")

"""Refuses requests whose scores would mean nothing."""

from typing import Any

import numpy as np
import numpy.typing as npt

from serving.bus.topics import RANKED_LISTS
from serving.contracts.rank import MAX_CANDIDATES, RankRequest
from serving.contracts.rank_columns import RANK_COLUMNS
from serving.errors import InvalidRequestError

MAX_NAME_CHARACTERS = 64
HALF_EXPONENT = np.uint16(0x7C00)
"""All bits of a float16's exponent: set in infinities and NaN only."""


def check_request(request: RankRequest) -> None:
    """Look at every column and every input.

    Raises:
        InvalidRequestError: too many candidates; or a column is missing, of another length or not
            finite.
    """
    _check_numbers(request)
    columns = request.candidates
    count = len(columns.get("item_id", ()))
    if count > MAX_CANDIDATES:
        raise InvalidRequestError("candidates", f"{count} rows, at most {MAX_CANDIDATES}")
    for column in RANK_COLUMNS:
        values = columns.get(column.name)
        if values is None:
            raise InvalidRequestError(f"candidates.{column.name}", "is missing")
        if len(values) != count:
            raise InvalidRequestError(
                f"candidates.{column.name}", f"{len(values)} rows, expected {count}"
            )
        _check_finite(values, f"candidates.{column.name}")
    for part in ("viewer", "context"):
        inputs = getattr(request, part)
        for name, values in inputs._asdict().items():
            _check_finite(values, f"{part}.{name}")


def _check_numbers(request: RankRequest) -> None:
    length = len(request.request_id)
    if length > MAX_NAME_CHARACTERS:
        problem = f"{length} characters, the limit is {MAX_NAME_CHARACTERS}"
        raise InvalidRequestError("request_id", problem)
    for name in ("viewer_id", "revocation_version"):
        value = getattr(request, name)
        if value < 0:
            raise InvalidRequestError(name, f"{value} is below 0")
    if request.now_ms <= 0:
        raise InvalidRequestError("now_ms", f"{request.now_ms} is not above 0")
    partition, last = request.reply_partition, RANKED_LISTS.partitions - 1
    if not 0 <= partition <= last:
        raise InvalidRequestError("reply_partition", f"{partition} is outside of [0, {last}]")


def _check_finite(values: npt.NDArray[Any], name: str) -> None:
    if values.dtype.kind == "f" and not _is_finite(values):
        raise InvalidRequestError(name, "is not finite")


def _is_finite(values: npt.NDArray[Any]) -> bool:
    if values.dtype == np.float16:
        # A tenth of the time of numpy's own, which converts every value first.
        exponents = values.view(np.uint16) & HALF_EXPONENT
        return bool(exponents.max(initial=0) < HALF_EXPONENT)
    return bool(np.isfinite(values).all())

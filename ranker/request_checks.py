"""Refuses requests whose scores would mean nothing."""

import numpy as np

from ranker.finite import all_finite
from serving.bus.topics import RANKED_LISTS
from serving.contracts.rank import MAX_CANDIDATES, RankRequest
from serving.contracts.rank_columns import RANK_COLUMNS
from serving.errors import InvalidRequestError

MAX_NAME_CHARACTERS = 64


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
    if not all_finite(request.viewer, columns):
        _refuse_what_is_not_finite(request)


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


def _refuse_what_is_not_finite(request: RankRequest) -> None:
    inputs = {f"candidates.{name}": values for name, values in request.candidates.items()}
    inputs |= {f"viewer.{name}": values for name, values in request.viewer._asdict().items()}
    for name, values in inputs.items():
        if not np.isfinite(values).all():
            raise InvalidRequestError(name, "is not finite")

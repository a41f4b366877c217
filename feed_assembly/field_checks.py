"""The checks that fields of actions and items share; each names field, value and limit."""

import math

from serving.errors import InvalidRequestError

MAX_NAME_BYTES = 64
MIN_TIME_MS = 631_152_000_000
"""1990-01-01: earlier times are seconds, or counters, mistaken for milliseconds."""
MAX_AHEAD_MS = 5 * 60_000
MAX_ID = 2**63 - 1


def check_batch_size(field: str, count: int, limit: int) -> None:
    """Raises InvalidRequestError unless `count` is in [1, limit]."""
    if not 1 <= count <= limit:
        raise InvalidRequestError(field, f"{count} given, need 1 to {limit}")


def check_key(field: str, value: str) -> None:
    """Raises InvalidRequestError unless `value` is a name of 1 to `MAX_NAME_BYTES` bytes."""
    if not value:
        raise InvalidRequestError(field, f"empty, need 1 to {MAX_NAME_BYTES} bytes")
    check_length(field, value, MAX_NAME_BYTES)


def check_length(field: str, value: str, max_bytes: int) -> None:
    """Raises InvalidRequestError if `value` has more than `max_bytes` bytes of UTF-8."""
    byte_count = len(value) if value.isascii() else len(value.encode())
    if byte_count > max_bytes:
        raise InvalidRequestError(field, f"{byte_count} bytes, limit {max_bytes}")


def check_id(field: str, value: int | None) -> int:
    """The id.

    Raises:
        InvalidRequestError: absent or negative; 0 is a valid id.
    """
    if value is None:
        raise InvalidRequestError(field, "required, a number >= 0")
    if not 0 <= value <= MAX_ID:
        raise InvalidRequestError(field, f"{value} is outside [0, {MAX_ID}]")
    return value


def check_time_ms(field: str, value_ms: int, now_ms: int) -> int:
    """The time, `now_ms` for 0.

    Raises:
        InvalidRequestError: before 1990 or more than five minutes ahead.
    """
    if value_ms == 0:
        return now_ms
    if not MIN_TIME_MS <= value_ms <= now_ms + MAX_AHEAD_MS:
        limit = f"[{MIN_TIME_MS}, {now_ms + MAX_AHEAD_MS}]"
        meaning = "from 1990 to five minutes ahead of this server's clock, 0 means now"
        raise InvalidRequestError(field, f"{value_ms} ms is outside {limit} ({meaning})")
    return value_ms


def check_amount(field: str, value: float, limit: float = math.inf) -> None:
    """Raises InvalidRequestError unless `value` is finite and in [0, `limit`]."""
    if not (math.isfinite(value) and value >= 0):
        raise InvalidRequestError(field, f"{value} is not a finite number >= 0")
    if value > limit:
        raise InvalidRequestError(field, f"{value}, limit {limit}")

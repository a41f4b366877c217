"""What the contents of a manifest must be, before anybody computes with them."""

import math
from collections.abc import Callable, Mapping
from typing import Any

MAX_SHARDS = 65_536
MAX_DIM = 65_536
MAX_FILE_NAME_BYTES = 255
MAX_INT64 = 2**63 - 1
CLOCKS = ("data", "wall")

Check = Callable[[Any], bool]


def check_contents(contents: Any) -> None:
    """Look at everything that a manifest says; that nothing is missing shows elsewhere.

    Raises:
        ValueError: names what is wrong.
    """
    if not isinstance(contents, dict):
        raise ValueError("it is no object")
    for name, is_sound in _CHECKS.items():
        if name in contents and not is_sound(contents[name]):
            raise ValueError(f"{name} is {str(contents[name])[:80]}")


def _whole(least: int = 0, most: int = MAX_INT64) -> Check:
    def is_sound(value: Any) -> bool:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return is_number and least <= value <= most

    return is_sound


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_amount(value: Any) -> bool:
    return _is_number(value) and 0 <= value < math.inf


def _table_of(is_sound: Check, is_key: Check = _is_text) -> Check:
    def is_table(value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            is_key(key) and is_sound(entry) for key, entry in value.items()
        )

    return is_table


def _is_file_name(name: Any) -> bool:
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return False
    return b"\0" not in encoded and len(encoded) <= MAX_FILE_NAME_BYTES


def _is_entry(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() == {"sha256", "bytes", "rows"}
        and _is_text(value["sha256"])
        and all(_whole()(value[name]) for name in ("bytes", "rows"))
    )


def _is_partition(key: Any) -> bool:
    return _is_text(key) and key.isascii() and key.isdecimal() and len(key) <= len(str(MAX_SHARDS))


_TOPIC_OFFSETS = _table_of(_table_of(_whole(), _is_partition))

_CHECKS: dict[str, Check] = {
    "data_time_ms": _whole(),
    "clock": CLOCKS.__contains__,
    "authors_are_viewers": _is_flag,
    "has_impressions": _is_flag,
    "shard_count": _whole(1, MAX_SHARDS),
    "embedding_dim": _whole(1, MAX_DIM),
    "embedding_version": _is_text,
    "fold_in_alpha": _is_amount,
    "fold_in_regularization": _is_amount,
    "item_schema": _is_text,
    "feature_schema": _is_text,
    "largest_norm": _is_amount,
    "bus_offsets": _TOPIC_OFFSETS,
    "quality": _table_of(_is_number),
    "builder_version": _is_text,
    "built_ms": _whole(),
    "files": _table_of(_is_entry, _is_file_name),
    "format": _whole(),
    "bus_positions": _table_of(_TOPIC_OFFSETS),
}

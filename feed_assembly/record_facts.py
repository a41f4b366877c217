"""Reads the facts of a stored record, believing nothing: a store may give back damaged bytes."""

import re
from collections.abc import Mapping
from typing import Any

from serving.errors import StateUnavailableError

MAX_INT64 = 2**63 - 1
HEX_ID = re.compile("[0-9a-f]{32}")


class RecordFacts:
    """What the header of a record says; all methods raise StateUnavailableError if it does not."""

    def __init__(self, facts: object) -> None:
        if not isinstance(facts, dict):
            raise StateUnavailableError(f"facts are of type {type(facts).__name__}")
        self._facts: dict[str, Any] = facts

    def text(self, name: str) -> str:
        value = self._facts.get(name)
        # JSON can spell half of a character, which no message can carry.
        if not isinstance(value, str) or not _is_whole_text(value):
            raise _wrong(name, value)
        return value

    def hex_id(self, name: str) -> str:
        """32 hex digits."""
        value = self.text(name)
        if not HEX_ID.fullmatch(value):
            raise StateUnavailableError(f"record has no sound {name!r}")
        return value

    def whole(self, name: str, most: int = MAX_INT64) -> int:
        """A whole number in [0, `most`]."""
        return _whole(name, self._facts.get(name), most)

    def wholes(self, name: str, count: int, most: int) -> list[int]:
        """So many whole numbers in [0, `most`]."""
        values = self._list(name)
        if len(values) != count:
            raise _wrong(name, values)
        return [_whole(name, value, most) for value in values]

    def texts(self, name: str, *, may_be_absent: bool = False) -> list[str]:
        if may_be_absent and name not in self._facts:
            return []
        return [RecordFacts({name: value}).text(name) for value in self._list(name)]

    def text_by_text(self, name: str) -> dict[str, str]:
        table = self.part(name)
        return {key: table.text(key) for key in table._facts if _is_whole_text(key)}

    def rows(self, name: str, names: tuple[str, ...]) -> list["RecordFacts"]:
        """Rows whose values are named in order."""
        rows = []
        for row in self._list(name):
            if not isinstance(row, list) or len(row) != len(names):
                raise _wrong(name, row)
            rows.append(RecordFacts(dict(zip(names, row, strict=True))))
        return rows

    def part(self, name: str) -> "RecordFacts":
        return RecordFacts(self._facts.get(name))

    def says(self, facts: Mapping[str, object]) -> bool:
        """Whether these are among the facts."""
        return all(self._facts.get(name) == value for name, value in facts.items())

    def _list(self, name: str) -> list[Any]:
        values = self._facts.get(name)
        if not isinstance(values, list):
            raise _wrong(name, values)
        return values


def _whole(name: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise _wrong(name, value)
    return value


def _is_whole_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _wrong(name: str, value: object) -> StateUnavailableError:
    return StateUnavailableError(f"record has no sound {name!r}, but a {type(value).__name__}")

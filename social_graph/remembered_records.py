"""Records of the base that were read lately, or known not to be there.

A request asks for the viewer's own records twice, and for those of people whom others follow too.
The base never changes, so what is remembered is right for as long as it is kept.
"""

from collections.abc import Sequence

MOST_BYTES = 64 << 20
ENTRY_BYTES = 150
"""Of a key and its place, whatever the value."""


class RememberedRecords:
    """Two halves: what is read goes to the young one; when that is full, the old one is dropped."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._half_bytes = most_bytes // 2
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}
        self._young_bytes = 0

    def find(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values in the order of `keys`: empty where there is no record, `None` unknown."""
        values = list(map(self._young.get, keys))
        if self._old and None in values:
            for at, value in enumerate(values):
                if value is None and (older := self._old.get(keys[at])) is not None:
                    values[at] = older
                    self.keep(keys[at], older)
        return values

    def keep(self, key: bytes, value: bytes) -> None:
        """Remember a record, or that there is none where `value` is empty."""
        self._young[key] = value
        self._young_bytes += ENTRY_BYTES + len(value)
        if self._young_bytes > self._half_bytes:
            self._old, self._young, self._young_bytes = self._young, {}, 0

"""Which records the overlay may hold, so that it is asked for those only: few change in a day."""

from collections.abc import Iterable, Sequence

SLOTS = 1 << 22
"""Bytes. With 100,000 records one key in forty is asked for in vain, which costs that one read."""


class OverlaidKeys:
    """A table of hashes. It never forgets a key; one that it does not know is not in the overlay.

    Whoever writes to the overlay adds the key before.
    """

    def __init__(self) -> None:
        self._slots = bytearray(SLOTS)

    def add(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            self._slots[hash(key) % SLOTS] = 1

    def among(self, keys: Sequence[bytes]) -> list[bytes]:
        """Those that may be in the overlay."""
        slots = self._slots
        return [key for key in keys if slots[hash(key) % SLOTS]]

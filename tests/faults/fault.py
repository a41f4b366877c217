"""The shape of one row: a fault, what is expected, and the function that shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.faults.lab import Lab
from tests.faults.seen import Seen

ROW_COUNT = 45
"""Rows of the fault matrix in the reliability requirements; `catalogue.py` lists them."""

Show = Callable[[Lab], Seen]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, injected into real processes.

    Attributes:
        rows: Numbers of the matrix that it shows.
        name: What happens, in a few words; unique.
        expected: What callers should see, in words.
        fast: Whether it also runs in the normal test suite. All fast ones together: 90 s.
        show: Injects it, takes it away again, and returns what was seen. It asserts what is
            expected.
    """

    rows: tuple[int, ...]
    name: str
    expected: str
    fast: bool
    show: Show


REGISTERED: list[Fault] = []
"""Filled by importing the modules of `tests/faults/rows`; see `matrix.all_faults`."""


def fault(
    rows: Sequence[int], name: str, expected: str, *, fast: bool = False
) -> Callable[[Show], Show]:
    """Register a function as a row of the matrix.

    Raises:
        ValueError: a row that does not exist, or a name given twice.
    """
    if not rows or not all(1 <= row <= ROW_COUNT for row in rows):
        raise ValueError(f"{name}: rows {list(rows)} are not all in [1, {ROW_COUNT}]")
    if any(other.name == name for other in REGISTERED):
        raise ValueError(f"{name} is registered twice")

    def register(show: Show) -> Show:
        REGISTERED.append(Fault(tuple(rows), name, expected, fast, show))
        return show

    return register

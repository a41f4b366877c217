"""How a call ended, as far as the gates learn from it.

Only the handler knows when an answer, though it is no error, is not what a call takes: where it was
cut short for want of time, and where a neighbour had no room for it. Taken for quick calls, such
answers would make the admission gate let in more calls that will find neither time nor room.
"""

from contextvars import ContextVar
from enum import Enum, auto


class Ending(Enum):
    WHOLE = auto()
    CUT_SHORT = auto()
    """There was no time for what it was asked for."""

    TURNED_AWAY = auto()
    """A neighbour had no room for it."""

    FAILED = auto()
    """With an error."""


_ending: ContextVar[Ending] = ContextVar("ending", default=Ending.WHOLE)


def set_ending(ending: Ending) -> None:
    """Say so of the call at hand, in its own task."""
    _ending.set(ending)


def ending_said() -> Ending:
    """What was last said of the call at hand."""
    return _ending.get()

"""How a call ended, as far as the gates learn from it.

Only the handler knows when an answer, though it is no error, is not what a call takes: where it was
cut short for want of time or by a failure, and where a neighbour had no room for it. Taken for
quick calls, such answers would make the admission gate let in more that will find neither time nor
room, or too few once all is well again and calls take what they take.
"""

from contextvars import ContextVar
from enum import Enum, auto


class Ending(Enum):
    WHOLE = auto()
    CUT_SHORT = auto()
    """Answered with something else than it was asked for."""

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

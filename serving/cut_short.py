"""Lets a handler say that its answer, though no error, is less than it was asked for.

Such answers come quickly, and would teach the admission gate that calls take no time at all: it
would let in calls that have no time left, whose answers would be cut short as well.
"""

from contextvars import ContextVar

_cut_short: ContextVar[bool] = ContextVar("cut_short", default=False)


def note_cut_short() -> None:
    """Say so of the call at hand, in its own task."""
    _cut_short.set(True)


def was_cut_short() -> bool:
    """Whether the call at hand said so."""
    return _cut_short.get()

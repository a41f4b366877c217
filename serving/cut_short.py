"""Lets a handler say that there was no time for what it was asked for, though it is no error.

Such an answer took as long as there was time, which is no measure of what calls take: where little
was left, it would teach the admission gate that they take little, and the gate would let in more
calls that have no time left.
"""

from contextvars import ContextVar

_cut_short: ContextVar[bool] = ContextVar("cut_short", default=False)


def set_cut_short(cut_short: bool) -> None:
    """Say so of the call at hand, in its own task."""
    _cut_short.set(cut_short)


def was_cut_short() -> bool:
    """What was last said of the call at hand."""
    return _cut_short.get()

"""The number by which lists, tokens and replicas know which revocations they have seen.

It holds when the viewer's record was begun and how many revocations were made or lifted since. A
record that was lost begins anew, at a later time: so its number is never one that was given before,
and whoever carries an older one can tell. 0 is the number of no record at all.
"""

COUNT_BITS = 20
"""A million revocations; times in ms take 41 bits of the 63 there are."""


def begun(now_ms: int) -> int:
    """The version of a record that begins at `now_ms`, Unix milliseconds."""
    return now_ms << COUNT_BITS


def is_same_life(version: int, other: int) -> bool:
    """Whether both are of one record, without a loss in between."""
    return version >> COUNT_BITS == other >> COUNT_BITS


def nothing_revoked(seen: int, now: int) -> bool:
    """Whether `now` has no revocation that `seen` lacks; without a record there was none."""
    return seen == now or (seen == 0 and now & ((1 << COUNT_BITS) - 1) == 0)

"""Running sums and latest rows as of a moment, on events that fit on one line."""

import numpy as np

from spark_jobs.training.as_of import latest_distinct

NEVER_MS = np.iinfo(np.int64).max


def longs(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def latest(
    things: str, *, end: int, limit: int, until_ms: list[int] | None = None, asked_ms: int = 0
) -> str:
    """The latest things among the first `end` events, one letter each."""
    next_row = longs(*(things.find(x, i + 1) % (len(things) + 1) for i, x in enumerate(things)))
    until = longs(*(until_ms or [NEVER_MS] * len(things)))
    which, row = latest_distinct(next_row, until, longs(0), longs(end), longs(asked_ms), limit)
    assert not which.any()
    return "".join(things[i] for i in row)


def test_each_thing_is_there_once_at_its_latest_event_before_the_question() -> None:
    assert latest("abacab", end=6, limit=9) == "bac"
    assert latest("abacab", end=4, limit=9) == "cab"
    assert latest("abacab", end=0, limit=9) == ""


def test_the_limit_keeps_the_latest_however_far_back_they_lie() -> None:
    assert latest("abacab", end=6, limit=2) == "ba"
    assert latest("xy" + "abab" * 20, end=82, limit=3) == "bay"


def test_what_was_taken_back_before_the_question_does_not_stand() -> None:
    assert latest("abc", end=3, limit=9, until_ms=[9, 4, 5], asked_ms=5) == "ca"


def test_questions_of_several_ranges_get_their_own_rows() -> None:
    never = np.full(4, NEVER_MS)
    which, row = latest_distinct(
        np.full(4, 4), never, longs(0, 2, 2), longs(2, 4, 2), longs(0, 0, 0), 1
    )
    assert (which.tolist(), row.tolist()) == ([0, 1], [1, 3])

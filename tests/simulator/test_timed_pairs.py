import numpy as np

from simulator.arrays import NOTHING
from simulator.timed_pairs import TimedPairs


def pairs(*rows):
    left, right, since_ms = np.array(rows, np.int64).T
    return TimedPairs.of(left, right, since_ms, 10)


def holds(known, left, right, now_ms):
    return bool(known.holds(np.array([left]), np.array([right]), np.array([now_ms]))[0])


def test_a_pair_holds_from_its_moment_on():
    known = pairs((1, 2, 100))
    assert [holds(known, 1, 2, now_ms) for now_ms in (99, 100, 101)] == [False, True, True]


def test_a_pair_has_a_direction():
    assert not holds(pairs((1, 2, 0)), 2, 1, 5)


def test_a_repeated_pair_keeps_its_earliest_moment():
    assert pairs((1, 2, 100), (1, 2, 50)).since_ms.tolist() == [50]


def test_nothing_is_in_no_pair():
    # Viewer 1 and index -1 would make the key of viewer 0 and index 9.
    assert not holds(pairs((0, 9, 0)), 1, NOTHING, 5)


def test_no_pairs_hold_nothing():
    assert not holds(TimedPairs.none(10), 1, 2, 5)


def test_a_draw_reaches_every_partner_and_only_those():
    known = pairs((1, 2, 0), (1, 5, 0), (3, 7, 0))
    drawn = known.draw(np.array([1, 1, 2, 3]), np.array([0.0, 0.99, 0.5, 0.5]))
    assert drawn.tolist() == [2, 5, NOTHING, 7]


def test_all_of_lists_every_partner_with_its_row():
    row, right = pairs((1, 2, 0), (1, 5, 0), (3, 7, 0)).all_of(np.array([3, 0, 1]))
    assert (row.tolist(), right.tolist()) == ([0, 2, 2], [7, 2, 5])


def test_joining_keeps_both_and_the_earlier_moment():
    joined = pairs((1, 2, 100)).joined(pairs((1, 2, 50), (4, 4, 7)))
    assert (joined.left.tolist(), joined.right.tolist()) == ([1, 4], [2, 4])
    assert joined.since_ms.tolist() == [50, 7]

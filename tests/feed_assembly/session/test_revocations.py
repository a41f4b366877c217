import numpy as np

from feed_assembly.session.revocations import DAY_MS, KEPT_MS, MAX_ROWS, ROW, Revocations

NOON_MS = 1_750_000_000_000


def rows(*changes: tuple[int, int, bool], recorded_ms: int = NOON_MS):
    return np.array([(id_, at, recorded_ms, on) for id_, at, on in changes], ROW)


def ids_after(*changes: tuple[int, int, bool]) -> list[int]:
    return Revocations().merged(rows(*changes)).ids.tolist()


def test_an_id_is_in_force_once_however_often_it_was_revoked():
    assert ids_after((7, 1, True), (7, 2, True)) == [7]


def test_the_inverse_action_lifts_it():
    assert ids_after((7, 1, True), (8, 1, True), (7, 2, False)) == [8]


def test_a_repeat_of_the_older_action_does_not_bring_it_back():
    assert ids_after((7, 1, True), (7, 2, False), (7, 1, True)) == []


def test_the_later_of_two_actions_holds_in_whichever_order_they_arrive():
    assert ids_after((7, 2, True), (7, 1, False)) == [7]


def test_of_two_actions_at_the_same_time_the_one_that_arrived_last_holds():
    assert ids_after((7, 1, True), (7, 1, False)) == []
    assert ids_after((7, 1, False), (7, 1, True)) == [7]


def test_changes_merge_across_calls():
    first = Revocations().merged(rows((7, 1, True), (8, 1, True)))
    assert first.merged(rows((8, 2, False), (9, 2, True))).ids.tolist() == [7, 9]
    assert first.ids.tolist() == [7, 8]


def test_beyond_the_bound_the_one_recorded_longest_ago_goes():
    many = Revocations().merged(rows(*((id_, 1, True) for id_ in range(MAX_ROWS))))
    assert many.merged(rows((9_999, 1, True))).ids.tolist() == [*range(1, MAX_ROWS), 9_999]


def test_beyond_the_bound_lifted_ones_go_first():
    changes = [(id_, 1, id_ != 5) for id_ in range(MAX_ROWS)]
    many = Revocations().merged(rows(*changes)).merged(rows((9_999, 1, True)))
    assert many.ids.tolist() == [*(id_ for id_ in range(MAX_ROWS) if id_ != 5), 9_999]


def test_ages_by_when_it_was_recorded_not_by_when_it_occurred():
    late = Revocations().merged(rows((7, 1, True)))
    assert late.aged(NOON_MS + KEPT_MS, KEPT_MS).ids.tolist() == [7]
    assert late.aged(NOON_MS + KEPT_MS + 1, KEPT_MS).ids.tolist() == []


def test_a_lifted_one_is_remembered_for_a_day():
    lifted = Revocations().merged(rows((7, 2, False)))
    repeat = rows((7, 1, True))
    assert lifted.aged(NOON_MS + DAY_MS, KEPT_MS).merged(repeat).ids.tolist() == []
    assert lifted.aged(NOON_MS + DAY_MS + 1, KEPT_MS).merged(repeat).ids.tolist() == [7]

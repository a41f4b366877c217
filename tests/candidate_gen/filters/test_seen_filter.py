from candidate_gen.filters.seen_filter import SeenFilter
from tests.candidate_gen.builders import a_batch, a_query, a_viewer


def kept(item_ids: list[int], seen: list[int], excluded: list[int]) -> list[bool]:
    query = a_query(a_viewer(seen_item_ids=seen), excluded_item_ids=excluded)
    return list(SeenFilter().keep(query, a_batch(item_ids)))


def test_drops_what_was_seen_and_what_the_session_excludes() -> None:
    assert kept([1, 2, 3], seen=[3], excluded=[1]) == [False, True, False]


def test_an_item_may_be_both() -> None:
    assert kept([1, 2], seen=[1], excluded=[1]) == [False, True]


def test_item_zero_is_an_item() -> None:
    assert kept([0, 1], seen=[0], excluded=[]) == [False, True]


def test_keeps_all_for_a_viewer_who_saw_nothing() -> None:
    assert kept([5, 4], seen=[], excluded=[]) == [True, True]

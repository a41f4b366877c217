"""Quotas by example, and what holds for any hits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from candidate_gen.pool import Hits
from candidate_gen.selectors import quota_selector
from candidate_gen.selectors.quota_selector import Selection

ROWS = 30

Source = tuple[list[int], int, int]


def source(rows: list[int], quota: int, bit: int) -> Source:
    return rows, quota, bit


def select_by_quota(sources: list[Source], row_count: int, silent_quota: int = 0) -> Selection:
    """Scores of a source's hits count down to 1."""
    scores = [score for rows, _, _ in sources for score in range(len(rows), 0, -1)]
    hits = Hits(
        np.array([row for rows, _, _ in sources for row in rows], np.int64),
        np.array(scores, np.float32),
        np.cumsum([len(rows) for rows, _, _ in sources]),
    )
    quotas = np.array([quota for _, quota, _ in sources], np.int64)
    bits = np.array([bit for _, _, bit in sources], np.uint32)
    total = silent_quota + sum(quota for _, quota, _ in sources)
    return quota_selector.select_by_quota(hits, quotas, bits, total, row_count)


def test_an_item_takes_the_quota_of_the_first_source_with_room_and_keeps_all_sources() -> None:
    selection = select_by_quota([source([0, 1], 2, 1), source([1, 2], 2, 2)], 3)
    assert sorted(selection.rows.tolist()) == [0, 1, 2]
    assert dict(zip(selection.rows.tolist(), selection.source_bits.tolist(), strict=True)) == {
        0: 1,
        1: 3,
        2: 2,
    }
    assert selection.kept_counts == [2, 1]


def test_a_full_source_leaves_an_item_to_the_next() -> None:
    selection = select_by_quota([source([0, 1], 1, 1), source([1], 1, 2)], 2)
    assert selection.kept_counts == [1, 1]


def test_unused_quota_spills_to_the_first_source_that_has_more() -> None:
    selection = select_by_quota(
        [source([0], 3, 1), source([1, 2, 3], 1, 2), source([4, 5], 1, 4)], 6
    )
    # Two places of the first are unused; the second source takes both, the third gets none.
    assert selection.kept_counts == [1, 3, 1]
    assert set(selection.rows.tolist()) == {0, 1, 2, 3, 4}


def test_the_quota_of_a_source_that_was_not_asked_spills_too() -> None:
    selection = select_by_quota([source([0, 1, 2, 3], 1, 1)], 4, silent_quota=2)
    assert selection.rows.tolist() == [0, 1, 2]


def test_cutting_the_end_off_costs_sources_alike_and_what_is_beyond_quota_first() -> None:
    selection = select_by_quota(
        [source([0, 1, 2, 3], 4, 1), source([4, 5, 6], 2, 2), source([], 1, 4)], 7
    )
    assert selection.rows.tolist() == [0, 4, 1, 2, 5, 3, 6]


def test_the_best_of_one_source_is_not_cut_for_being_late_in_another() -> None:
    selection = select_by_quota([source([0, 1, 2, 9], 4, 1), source([9, 8], 2, 2)], 10)
    assert selection.rows.tolist() == [0, 9, 1, 2, 8]


def test_the_score_is_of_the_source_whose_quota_was_taken() -> None:
    selection = select_by_quota([source([0], 1, 1), source([1, 0], 2, 2)], 2)
    scores = dict(zip(selection.rows.tolist(), selection.source_scores.tolist(), strict=True))
    assert scores == {0: 1.0, 1: 2.0}


def test_nothing_found_is_nothing_selected() -> None:
    selection = select_by_quota([source([], 5, 1)], 0)
    assert len(selection.rows) == len(selection.source_bits) == 0


found = st.lists(st.integers(0, ROWS - 1), unique=True, max_size=ROWS)
found_by_sources = st.lists(st.tuples(found, st.integers(0, 8)), min_size=1, max_size=7)


def select(sources: list[tuple[list[int], int]]) -> Selection:
    return select_by_quota(
        [source(rows, quota, 1 << i) for i, (rows, quota) in enumerate(sources)], ROWS
    )


@given(found_by_sources)
def test_no_item_twice_and_no_more_than_all_quotas(sources: list[tuple[list[int], int]]) -> None:
    rows = select(sources).rows.tolist()
    assert len(rows) == len(set(rows)) <= sum(quota for _, quota in sources)


@given(found_by_sources)
def test_all_quotas_are_filled_while_anything_is_left(
    sources: list[tuple[list[int], int]],
) -> None:
    every = {row for rows, _ in sources for row in rows}
    total = sum(quota for _, quota in sources)
    assert len(select(sources).rows) == min(total, len(every))


@given(found_by_sources)
def test_the_sources_of_an_item_are_all_that_found_it(
    sources: list[tuple[list[int], int]],
) -> None:
    selection = select(sources)
    for row, bits in zip(selection.rows.tolist(), selection.source_bits.tolist(), strict=True):
        assert bits == sum(1 << i for i, (rows, _) in enumerate(sources) if row in rows)


@given(found_by_sources)
def test_a_source_leaves_quota_unused_only_when_all_it_found_is_selected(
    sources: list[tuple[list[int], int]],
) -> None:
    selection = select(sources)
    selected = set(selection.rows.tolist())
    for (rows, quota), kept in zip(sources, selection.kept_counts, strict=True):
        assert kept >= quota or set(rows) <= selected


@given(found_by_sources)
def test_what_spills_goes_to_earlier_sources_first(
    sources: list[tuple[list[int], int]],
) -> None:
    selection = select(sources)
    selected = set(selection.rows.tolist())
    for number, kept in enumerate(selection.kept_counts):
        if kept > sources[number][1]:
            assert all(set(rows) <= selected for rows, _ in sources[:number])


@given(found_by_sources)
def test_a_source_gives_its_best_among_what_earlier_ones_left(
    sources: list[tuple[list[int], int]],
) -> None:
    rows, quota = sources[0]
    selected = select(sources).rows.tolist()
    assert set(rows[:quota]) <= set(selected)


@given(found_by_sources)
def test_the_order_goes_by_the_best_place_any_source_gave(
    sources: list[tuple[list[int], int]],
) -> None:
    best = [
        min((rows.index(row) + 0.5) / max(1, quota) for rows, quota in sources if row in rows)
        for row in select(sources).rows.tolist()
    ]
    positions = np.array(best, np.float32)
    np.testing.assert_array_equal(positions, np.sort(positions))

import numpy as np

from ranker.cut import best_rows, broad_first, members_kept


def broad(authors, categories, max_per_author=2):
    """Rows in their new order, when row 0 was best, then row 1, and so on."""
    order = np.arange(len(authors))
    return broad_first(
        order, np.array(authors, np.int64), np.array(categories, np.int32), max_per_author
    ).tolist()


def test_best_first_and_ties_by_the_smaller_id():
    scores = np.array([0.1, 0.9, 0.9], np.float32)
    assert best_rows(scores, np.array([1, 30, 20])).tolist() == [2, 1, 0]


def test_any_number_of_ties_is_settled_by_the_smaller_id():
    random = np.random.default_rng(3)
    for kinds in (1, 2, 9, 400):
        scores = random.integers(0, kinds, 300).astype(np.float32) - 4
        item_ids = random.permutation(1_000)[:300]
        expected = np.lexsort((item_ids, -scores))
        np.testing.assert_array_equal(best_rows(scores, item_ids), expected)


def test_the_best_of_each_category_comes_first():
    assert broad([1, 2, 3, 4], [7, 7, 8, 7]) == [0, 2, 1, 3]


def test_more_of_an_author_than_a_list_takes_comes_last():
    assert broad([5, 5, 5, 6], [1, 1, 1, 1]) == [0, 1, 3, 2]


def test_items_without_category_or_author_are_neither_first_nor_last():
    assert broad([-1, -1, -1, 4], [0, 0, 0, 9]) == [3, 0, 1, 2]


def test_the_order_it_is_given_is_what_best_means():
    authors, categories = np.array([1, 2, 3]), np.array([7, 7, 8], np.int32)
    assert broad_first(np.array([1, 0, 2]), authors, categories, 2).tolist() == [1, 2, 0]


def test_no_rows_stay_no_rows():
    assert broad([], []) == []


ONE, TWO = 1, 4


def kept(groups: list[int], count: int, members: int, order: list[int] | None = None) -> list[int]:
    return members_kept(
        np.array(range(len(groups)) if order is None else order),
        np.array(groups, np.uint32),
        np.array([ONE, TWO], np.uint32),
        count,
        members,
    ).tolist()


def test_the_best_members_stay_before_the_cut():
    assert kept([0, 0, 0, ONE, ONE, ONE], count=3, members=2) == [0, 3, 4, 1, 2, 5]


def test_members_just_before_the_cut_stay_when_others_come_before_it():
    assert kept([0, 0, ONE, ONE, 0], count=3, members=2) == [0, 2, 3, 1, 4]


def test_members_of_one_group_do_not_push_out_those_of_another():
    assert kept([0, 0, ONE, ONE, TWO, TWO], count=4, members=2) == [2, 3, 4, 5, 0, 1]


def test_members_that_are_in_front_already_change_nothing():
    assert kept([ONE, 0, ONE], count=2, members=2, order=[0, 2, 1]) == [0, 2, 1]


def test_only_as_many_members_as_asked_for_are_brought_forward():
    assert kept([ONE, 0, 0, 0, ONE, ONE, ONE], count=3, members=3) == [0, 4, 5, 1, 2, 3, 6]


def test_other_bits_count_for_nothing():
    assert kept([2, 2, 8, 16, ONE], count=2, members=1) == [0, 4, 1, 2, 3]

"""The list as a reader sees it; what must always hold is checked on random candidates."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranker.diversity import NEW_VIEWER, DiversitySettings, select_diverse
from ranker.switching import RULES, without_rules
from serving.contracts.sources import SOURCE_BIT, SOURCES
from tests.ranker.requests import listable

USUAL = DiversitySettings()
PLAIN = DiversitySettings(likeness_weight=0)
MODERATE = settings(max_examples=60, deadline=None)


def chosen(
    values,
    *,
    authors=None,
    categories=None,
    sensitive=(),
    vectors=None,
    sources=None,
    count=70,
    by=PLAIN,
):
    """Ids of the chosen; a candidate's id is its position. By default everybody differs."""
    n = len(values)
    flags = np.zeros(n, np.uint8)
    flags[list(sensitive)] = 1
    columns = listable(
        np.arange(n),
        range(n) if authors is None else authors,
        range(1, n + 1) if categories is None else categories,
        flags,
        np.zeros((n, 2)) if vectors is None else vectors,
        np.zeros(n) if sources is None else sources,
    )
    values = np.array(values, np.float32)
    return select_diverse(values, np.arange(n), columns, count, by).tolist()


def test_the_best_comes_first():
    assert chosen([0.1, 0.9, 0.5]) == [1, 2, 0]


def test_scores_further_apart_than_a_number_can_say_are_listed_once_each():
    assert chosen([3.4e38, -3.4e38, 0.0]) == [0, 2, 1]


def test_equal_values_go_by_the_smaller_id():
    assert chosen([0.5, 0.5, 0.5]) == [0, 1, 2]


def test_no_candidates_give_no_list():
    assert chosen([]) == []


def test_stops_at_the_length_asked_for():
    assert chosen([0.1, 0.9, 0.5], count=2) == [1, 2]


def test_four_others_stand_between_two_items_of_one_author():
    # Items 0 and 1 are the best, of one author; 2 to 6 are of others.
    assert chosen([9, 8, 7, 6, 5, 4, 3], authors=[1, 1, 2, 3, 4, 5, 6]) == [0, 2, 3, 4, 5, 1, 6]


def test_items_without_an_author_are_not_spaced():
    assert chosen([9, 8, 7], authors=[-1, -1, -1]) == [0, 1, 2]


def test_a_fifth_item_of_an_author_comes_after_everybody_else():
    author_of = [1] * 5 + list(range(2, 27))
    listed = chosen(list(range(30, 0, -1)), authors=author_of)
    assert listed[-1] == 4


def test_three_neighbours_of_one_category_are_pulled_apart():
    # In any five neighbours at most two are of category 1.
    listed = chosen([9, 8, 7, 6, 5, 4], categories=[1, 1, 1, 2, 3, 4])
    assert listed == [0, 1, 3, 4, 5, 2]


def test_items_without_a_category_are_not_spaced():
    assert chosen([9, 8, 7, 6], categories=[0, 0, 0, 1]) == [0, 1, 2, 3]


def test_the_category_rule_gives_way_before_the_author_rule():
    # After item 0, item 1 would break author spacing, item 2 and 3 only the category window.
    by = DiversitySettings(likeness_weight=0, max_per_window=1)
    assert chosen([9, 8, 7, 6], authors=[1, 1, 2, 3], categories=[1, 2, 1, 1], by=by)[1] == 2


def test_a_likeness_of_the_chosen_comes_later():
    # Item 1 is item 0 again, item 2 is unlike both and nearly as good.
    vectors = [[1, 0], [1, 0], [0, 1], [0, 0]]
    by = DiversitySettings(likeness_weight=0.2)
    assert chosen([1.0, 0.9, 0.8, 0.0], vectors=vectors, by=by) == [0, 2, 1, 3]


def test_being_opposite_is_no_merit():
    vectors = [[1, 0], [0, 1], [-1, 0]]
    by = DiversitySettings(likeness_weight=0.5)
    assert chosen([1.0, 0.9, 0.8], vectors=vectors, by=by) == [0, 1, 2]


def test_sensitive_items_stay_off_the_top_five():
    assert chosen([9, 8, 7, 6, 5, 4, 3.9], sensitive=[0]) == [1, 2, 3, 4, 5, 0, 6]


def test_sensitive_items_fill_the_top_when_there_is_nothing_else():
    assert chosen([9, 8, 7], sensitive=[0, 1, 2]) == [0, 1, 2]


def test_a_rule_without_places_does_nothing():
    by = DiversitySettings(likeness_weight=0, author_gap=0, sensitive_free=0, sensitive_penalty=0)
    assert chosen([9, 8, 7], authors=[1, 1, 1], sensitive=[0], by=by) == [0, 1, 2]


def test_every_ten_neighbours_hold_one_of_somebody_followed_while_there_are_any():
    # The three items of people followed, 37 to 39, are the least worth of forty.
    sources = [SOURCE_BIT["nearest"]] * 37 + [SOURCE_BIT["in_network"]] * 3
    listed = chosen(range(40, 0, -1), sources=sources)
    assert [listed.index(item) for item in (37, 38, 39)] == [9, 19, 29]
    assert [item for item in listed if item < 37] == list(range(37))


def test_an_item_that_friends_liked_has_its_place_too():
    sources = [0] * 18 + [SOURCE_BIT["in_network"], SOURCE_BIT["friends_liked"]]
    assert set(chosen(range(20, 0, -1), sources=sources)[:11]) >= {18, 19}


def test_one_item_of_both_kinds_serves_both():
    both = SOURCE_BIT["in_network"] | SOURCE_BIT["friends_liked"]
    assert chosen(range(12, 0, -1), sources=[0] * 11 + [both])[:10] == [*range(9), 11]


def test_a_new_viewer_sees_eight_categories_on_the_first_page():
    # Thirty items of no category and thirty of the first are better than one each of seven others.
    values = [*range(100, 40, -1), *range(7, 0, -1)]
    categories = [0] * 30 + [1] * 30 + list(range(2, 9))
    page = chosen(values, categories=categories, by=NEW_VIEWER)[:20]
    assert {categories[item] for item in page} >= set(range(1, 9))


def test_sensitive_categories_still_make_the_first_page_of_a_new_viewer():
    # Five of the eight categories hold nothing but sensitive items.
    values = [*range(100, 60, -1), *range(8, 0, -1)]
    categories = [1] * 40 + list(range(1, 9))
    sensitive = list(range(43, 48))
    page = chosen(values, categories=categories, sensitive=sensitive, by=NEW_VIEWER)[:20]
    assert len({categories[item] for item in page}) == 8
    assert not set(page[:5]) & set(sensitive)


@st.composite
def candidate_sets(draw):
    n = draw(st.integers(0, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        # Few distinct values, so that ties are common.
        "values": random.integers(0, draw(st.integers(1, 30)), n).astype(np.float32),
        "ids": random.permutation(1_000)[:n].astype(np.int64),
        "authors": random.integers(-1, draw(st.integers(0, 60)), n),
        "categories": random.integers(0, draw(st.integers(1, 12)), n).astype(np.int32),
        "sensitive": random.random(n) < draw(st.sampled_from([0, 0.2, 0.9])),
        "vectors": random.normal(size=(n, 4)).astype(np.float32),
        "sources": random.integers(0, 1 << len(SOURCES), n).astype(np.uint32),
    }


def rows_of(table, by=USUAL, count=30):
    values, *columns = table.values()
    return select_diverse(values, np.arange(len(values)), listable(*columns), count, by)


@pytest.mark.parametrize("by", [USUAL, NEW_VIEWER], ids=["known", "new"])
@MODERATE
@given(table=candidate_sets())
def test_a_list_is_full_and_repeats_nothing(by, table):
    rows = rows_of(table, by)
    assert len(rows) == min(30, len(table["ids"]))
    assert len(set(rows.tolist())) == len(rows)


@MODERATE
@given(table=candidate_sets(), seed=st.integers(0, 1_000))
def test_the_order_of_the_input_does_not_matter(table, seed):
    order = np.random.default_rng(seed).permutation(len(table["ids"]))
    shuffled = {name: column[order] for name, column in table.items()}
    # Cosines are summed in another order then, which may decide a tie: so without likeness.
    listed = table["ids"][rows_of(table, PLAIN)]
    assert shuffled["ids"][rows_of(shuffled, PLAIN)].tolist() == listed.tolist()


@MODERATE
@given(table=candidate_sets())
def test_author_spacing_is_broken_only_where_nobody_else_is_left(table):
    rows = rows_of(table).tolist()
    authors = table["authors"]
    for place, row in enumerate(rows):
        near = {authors[other] for other in rows[max(0, place - 4) : place]} - {-1}
        if authors[row] in near:
            used = Counter(authors[rows[:place]].tolist())
            others = set(range(len(authors))) - set(rows[:place])
            free = [o for o in others if authors[o] not in near and used[authors[o]] < 4]
            free += [o for o in others if authors[o] == -1]
            calm = [o for o in free if place >= 5 or not table["sensitive"][o]]
            assert not calm


@MODERATE
@given(table=candidate_sets())
def test_sensitive_items_reach_the_top_only_when_all_others_are_listed(table):
    rows = rows_of(table).tolist()
    calm = int((~table["sensitive"]).sum())
    assert not table["sensitive"][rows[: min(5, calm)]].any()


@MODERATE
@given(table=candidate_sets())
def test_a_new_viewer_gets_a_third_item_of_an_author_only_when_all_others_are_listed(table):
    rows = rows_of(table, NEW_VIEWER).tolist()
    authors = table["authors"]
    for place in range(5, len(rows)):
        used = Counter(authors[rows[:place]].tolist())
        if authors[rows[place]] != -1 and used[authors[rows[place]]] >= 2:
            others = set(range(len(authors))) - set(rows[:place])
            assert all(authors[o] != -1 and used[authors[o]] >= 2 for o in others)


@MODERATE
@given(table=candidate_sets())
def test_a_new_viewer_sees_all_categories_there_are_up_to_eight_when_authors_differ(table):
    table["authors"] = np.arange(len(table["ids"]))
    page = rows_of(table, NEW_VIEWER)[:20]
    offered = set(table["categories"].tolist()) - {0}
    shown = set(table["categories"][page].tolist()) - {0}
    assert len(shown) >= min(8, len(offered))


def test_rows_name_the_candidates_that_may_be_listed():
    # Of five candidates only the last three may be; the last is best.
    columns = listable(
        np.arange(5), [9, 9, 1, 2, 2], [1, 2, 3, 4, 5], np.zeros(5), np.zeros((5, 2)), np.zeros(5)
    )
    values = np.array([0.1, 0.5, 0.9], np.float32)
    assert select_diverse(values, np.arange(2, 5), columns, 3, PLAIN).tolist() == [2, 0, 1]


@MODERATE
@given(table=candidate_sets())
def test_comparing_only_who_could_win_gives_what_comparing_all_gives(table):
    """Without rules, the list of the textbook: maximal marginal relevance."""
    weight = 0.4
    by = without_rules(DiversitySettings(likeness_weight=weight), frozenset(RULES) - {"likeness"})
    values = table["values"].astype(np.float64)
    vectors = table["vectors"].astype(np.float16).astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    worth = (values - values.min(initial=0)) / max(np.ptp(values) if len(values) else 0, 1e-9)
    listed = []
    for row in rows_of(table, by).tolist():
        likeness = np.max([vectors @ vectors[other] for other in listed], axis=0, initial=0)
        score = worth - weight * likeness
        free = np.setdiff1d(np.arange(len(values)), listed)
        assert score[row] >= score[free].max() - 1e-5
        listed.append(row)

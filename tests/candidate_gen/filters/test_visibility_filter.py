from candidate_gen.batch import CandidateBatch, Query
from candidate_gen.filters.visibility_filter import VisibilityFilter
from generation.item_columns import FOLLOWERS, FRIENDS, GROUP, PUBLIC
from tests.candidate_gen.builders import a_batch, a_neighbourhood, a_query

AROUND = a_neighbourhood(followed_ids=[51, 50], friend_ids=[50], group_ids=[500])
ONE_OF_EACH = a_batch(
    [1, 2, 3, 4],
    author_id=[50, 50, 50, 50],
    visibility=[PUBLIC, FOLLOWERS, FRIENDS, GROUP],
    group_id=[-1, -1, -1, 500],
)


def kept(query: Query, batch: CandidateBatch) -> list[bool]:
    return list(VisibilityFilter().keep(query, batch))


def test_a_friend_in_the_group_sees_everything() -> None:
    assert kept(a_query(neighbourhood=AROUND), ONE_OF_EACH) == [True, True, True, True]


def test_a_stranger_sees_what_is_public() -> None:
    query = a_query(neighbourhood=a_neighbourhood())
    assert kept(query, ONE_OF_EACH) == [True, False, False, False]


def test_a_follower_is_no_friend() -> None:
    batch = a_batch([1, 2], author_id=[51, 51], visibility=[FOLLOWERS, FRIENDS])
    assert kept(a_query(neighbourhood=AROUND), batch) == [True, False]


def test_what_cannot_be_known_is_not_shown() -> None:
    assert kept(a_query(neighbourhood=None), ONE_OF_EACH) == [True, False, False, False]


def test_unfollowing_and_leaving_count_at_once() -> None:
    query = a_query(neighbourhood=AROUND, unfollowed_author_ids=[50], left_group_ids=[500])
    assert kept(query, ONE_OF_EACH) == [True, False, False, False]


def test_a_visibility_of_the_future_is_shown_to_nobody() -> None:
    batch = a_batch([1], author_id=[50], group_id=[500], visibility=[9])
    assert kept(a_query(neighbourhood=AROUND), batch) == [False]


def test_a_group_item_without_a_group_is_shown_to_nobody() -> None:
    batch = a_batch([1], visibility=[GROUP])
    assert kept(a_query(neighbourhood=AROUND), batch) == [False]

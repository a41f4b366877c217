"""What a query allows and excludes."""

from candidate_gen.viewer_state.viewer import Profile
from tests.candidate_gen.builders import VIEWER_ID, a_neighbourhood, a_query, a_viewer
from tests.serving.fixed_clock import NOON_MS


def test_excludes_what_was_seen_and_what_the_session_says_once_and_in_order():
    query = a_query(a_viewer(seen_item_ids=[9, 3]), excluded_item_ids=[5, 3])
    assert query.eligibility.excluded_item_ids.tolist() == [3, 5, 9]


def test_excludes_the_viewer_as_an_author_only_where_authors_are_viewers():
    assert a_query(excluded_author_ids=[9]).eligibility.excluded_author_ids.tolist() == [
        VIEWER_ID,
        9,
    ]
    query = a_query(excluded_author_ids=[9], authors_are_viewers=False)
    assert query.eligibility.excluded_author_ids.tolist() == [9]
    assert query.own_author_id is None


def test_lists_for_visibility_are_ascending_and_without_what_is_over():
    around = a_neighbourhood(followed_ids=[53, 51, 52], friend_ids=[51, 52], group_ids=[1, 2])
    query = a_query(
        neighbourhood=around,
        unfollowed_author_ids=[51],
        excluded_author_ids=[52],
        left_group_ids=[2],
    )
    may_see = query.eligibility
    assert may_see.followed_ids.tolist() == [53]
    assert may_see.friend_ids.tolist() == []
    assert may_see.group_ids.tolist() == [1]


def test_followed_authors_stay_best_first_for_the_sources():
    around = a_neighbourhood(followed_ids=[53, 51], followed_affinity=[2, 1])
    query = a_query(neighbourhood=around)
    assert query.neighbourhood.followed_ids.tolist() == [53, 51]
    assert query.eligibility.followed_ids.tolist() == [51, 53]


def test_names_of_the_request_go_before_the_profile():
    viewer = a_viewer(profile=Profile(region=1, language=1))
    assert (a_query(viewer).eligibility.region, a_query(viewer).eligibility.language) == (1, 1)
    asked = a_query(viewer, region="south", language="de").eligibility
    assert (asked.region, asked.language) == (2, 2)


def test_names_nobody_knows_are_code_zero():
    query = a_query(region="atlantis", surface="watch", device="toaster")
    assert (query.eligibility.region, query.surface, query.device) == (0, 0, 0)
    known = a_query(surface="home", device="phone")
    assert (known.surface, known.device) == (1, 1)


def test_the_age_limit_is_the_surfaces_own():
    limits = {"home": 1_000}
    assert a_query(max_age_ms=limits, surface="home").eligibility.oldest_ms == NOON_MS - 1_000
    assert a_query(max_age_ms=limits, surface="search").eligibility.oldest_ms == 0
    assert a_query(max_age_ms={"home": 2 * NOON_MS}).eligibility.oldest_ms == 0


def test_sensitive_items_only_where_the_viewer_asked():
    assert not a_query().eligibility.allow_sensitive
    assert a_query(a_viewer(profile=Profile(allow_sensitive=True))).eligibility.allow_sensitive


def test_an_unknown_neighbourhood_is_marked_and_empty():
    query = a_query(neighbourhood=None)
    assert not query.neighbourhood_known
    assert len(query.eligibility.followed_ids) == len(query.eligibility.group_ids) == 0

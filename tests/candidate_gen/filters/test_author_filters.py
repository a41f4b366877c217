"""Filters by author: excluded by the session, one's own, blocked, muted."""

from candidate_gen.filters.blocked_filter import BlockedFilter
from candidate_gen.filters.excluded_author_filter import ExcludedAuthorFilter
from candidate_gen.filters.muted_filter import MutedFilter
from candidate_gen.filters.own_item_filter import OwnItemFilter
from serving.contracts.graph import BLOCKED, FOLLOWS, FRIEND, MUTED
from tests.candidate_gen.builders import VIEWER_ID, a_batch, a_query


def test_drops_authors_whom_the_session_excludes() -> None:
    batch = a_batch([1, 2, 3], author_id=[50, 51, -1])
    keep = ExcludedAuthorFilter().keep(a_query(excluded_author_ids=[51]), batch)
    assert list(keep) == [True, False, True]


def test_drops_the_viewers_own_items() -> None:
    batch = a_batch([1, 2], author_id=[VIEWER_ID, 51])
    assert list(OwnItemFilter().keep(a_query(), batch)) == [False, True]


def test_an_author_with_the_viewers_number_is_somebody_else_where_authors_are_no_viewers() -> None:
    batch = a_batch([1, 2], author_id=[VIEWER_ID, 51])
    query = a_query(authors_are_viewers=False)
    assert list(OwnItemFilter().keep(query, batch)) == [True, True]
    assert list(ExcludedAuthorFilter().keep(query, batch)) == [True, True]


def test_drops_blocked_authors_even_when_followed() -> None:
    batch = a_batch([1, 2, 3], relation_flags=[BLOCKED | FOLLOWS, FRIEND, MUTED])
    assert list(BlockedFilter().keep(a_query(), batch)) == [False, True, True]


def test_drops_muted_authors_even_when_friends() -> None:
    batch = a_batch([1, 2, 3], relation_flags=[MUTED | FRIEND, FRIEND, BLOCKED])
    assert list(MutedFilter().keep(a_query(), batch)) == [False, True, True]

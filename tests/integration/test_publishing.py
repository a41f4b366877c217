"""Items published, changed and deleted while a server runs, and who may see them.

Viewers here are newcomers whose ties are made by the test itself, so that every item a viewer may
see or not is visible by eye.
"""

import itertools

import pytest

from protos import events_pb2, feed_pb2
from tests.integration.caller import Caller, item_ids, until

DELETED_WITHIN_S = 2.0
ROUNDS = 10
NUMBERS = itertools.count(1)


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("distributed_caller", marks=[pytest.mark.kafka, pytest.mark.redis]),
    ]
)
def caller(request: pytest.FixtureRequest) -> Caller:
    return request.getfixturevalue(request.param)


@pytest.fixture
def people() -> tuple[int, int, int]:
    """Three new people: an author, a viewer, and somebody with no tie to either."""
    first = 5_000_000 + 10 * next(NUMBERS)
    return first, first + 1, first + 2


def new_item() -> int:
    return 7_000_000 + next(NUMBERS)


def ranked(caller: Caller, viewer: int, page_size: int = 50) -> feed_pb2.GetFeedResponse:
    """A new ranking, whatever was ranked before: a follow outdates stored feeds.

    The author followed has no items.
    """
    caller.act(viewer, events_pb2.FOLLOW, author_id=9_999_999)
    return caller.feed(viewer, page_size)


def page_with(caller: Caller, viewer: int, item: int) -> feed_pb2.GetFeedResponse:
    """The first new ranking with `item`. What was served stays out of later ones: ask once."""
    page = until(lambda: ranked(caller, viewer), lambda page: item in item_ids(page))
    assert item in item_ids(page)
    return page


def test_a_new_item_of_a_followed_author_is_in_the_feed_within_seconds(caller, people):
    author, viewer, _ = people
    caller.act(viewer, events_pb2.FOLLOW, author_id=author)
    item = new_item()
    caller.publish(
        item_id=item, author_id=author, title="Just out", text="News", categories=["Travel"]
    )
    page = page_with(caller, viewer, item)
    [shown] = [found for found in page.items if found.item_id == item]
    assert "in_network" in shown.sources
    assert (shown.content.title, shown.content.text) == ("Just out", "News")
    assert list(shown.content.categories) == ["Travel"]


def test_a_changed_item_is_shown_as_it_is_now(caller, people):
    author, viewer, _ = people
    item = new_item()
    caller.publish(item_id=item, author_id=author, title="Draft")
    caller.publish(item_id=item, author_id=author, title="Final")
    caller.act(viewer, events_pb2.FOLLOW, author_id=author)
    page = page_with(caller, viewer, item)
    assert [i.content.title for i in page.items if i.item_id == item] == ["Final"]


def test_a_deleted_item_is_gone_from_stored_feeds_and_new_ones_within_two_seconds(caller):
    viewer = 6_000_000 + next(NUMBERS)
    page = caller.feed(viewer, 10)
    following = caller.feed(viewer, 10, page_token=page.next_page_token)
    deleted = following.items[4].item_id
    caller.delete(deleted)
    again = until(
        lambda: item_ids(caller.feed(viewer, 10, page_token=page.next_page_token)),
        lambda items: deleted not in items,
        DELETED_WITHIN_S,
    )
    assert deleted not in again
    assert len(again) == 10
    for other in range(1, 60):
        assert deleted not in item_ids(caller.feed(8_000_000 + viewer + other, 50))


def test_followers_alone_see_what_is_for_followers(caller, people):
    author, follower, stranger = people
    caller.act(follower, events_pb2.FOLLOW, author_id=author)
    item = new_item()
    caller.publish(item_id=item, author_id=author, visibility="followers")
    page_with(caller, follower, item)
    assert item not in everything_shown(caller, stranger)


def test_friends_alone_see_what_is_for_friends(caller, people):
    author, friend, follower = people
    caller.act(friend, events_pb2.FOLLOW, author_id=author)
    caller.act(author, events_pb2.FOLLOW, author_id=friend)
    caller.act(follower, events_pb2.FOLLOW, author_id=author)
    item = new_item()
    caller.publish(item_id=item, author_id=author, visibility="friends")
    page_with(caller, friend, item)
    assert item not in everything_shown(caller, follower)


def test_members_alone_see_what_is_for_their_group(caller, people):
    author, member, stranger = people
    group = 4_000_000 + next(NUMBERS)
    for viewer in (member, stranger):
        caller.act(viewer, events_pb2.FOLLOW, author_id=author)
    caller.act(member, events_pb2.JOIN, group_id=group)
    item = new_item()
    caller.publish(item_id=item, author_id=author, visibility="group", group_id=group)
    page_with(caller, member, item)
    assert item not in everything_shown(caller, stranger)


def test_who_left_the_group_sees_nothing_of_it_from_the_very_next_call(caller, people):
    author, leaving, staying = people
    group = 4_000_000 + next(NUMBERS)
    for viewer in (leaving, staying):
        caller.act(viewer, events_pb2.FOLLOW, author_id=author)
        caller.act(viewer, events_pb2.JOIN, group_id=group)
    items = {new_item() for _ in range(3)}
    for item in items:
        caller.publish(item_id=item, author_id=author, visibility="group", group_id=group)
    for viewer in (leaving, staying):
        page = until(
            lambda viewer=viewer: ranked(caller, viewer, page_size=1),
            lambda page: in_network_count(page) == 3,
        )
        assert in_network_count(page) == 3
    caller.act(leaving, events_pb2.LEAVE, group_id=group)
    assert not items & set(item_ids(caller.feed(leaving, 50)))
    assert not items & set(everything_shown(caller, leaving))
    assert items & set(item_ids(caller.feed(staying, 50)))


def in_network_count(page: feed_pb2.GetFeedResponse) -> int:
    return sum(s.found_count for s in page.receipt.sources if s.name == "in_network")


def everything_shown(caller: Caller, viewer: int) -> list[int]:
    """All that comes in several pages and rankings."""
    return [item for page in caller.scroll(viewer, 50, ROUNDS) for item in item_ids(page)]

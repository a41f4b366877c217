"""What viewers do changes what they are shown, embedded and over real Kafka and Redis alike."""

import itertools

import pytest

from protos import events_pb2, feed_pb2
from tests.integration.caller import Caller, item_ids, until

VIEWERS = itertools.count(2, 8)
"""Each test takes fresh ones, in [1, 300]; other files use others."""


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("distributed_caller", marks=[pytest.mark.kafka, pytest.mark.redis]),
    ]
)
def caller(request: pytest.FixtureRequest) -> Caller:
    """A caller of each of the two."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def viewer() -> int:
    return next(VIEWERS)


def authors(page: feed_pb2.GetFeedResponse) -> set[int]:
    return {item.author_id for item in page.items}


def test_a_like_changes_the_next_feed(caller, viewer):
    before = caller.feed(viewer, 10)
    caller.act(viewer, events_pb2.IMPRESSION, item_id=before.items[0].item_id, value=900.0)
    going_on = caller.feed(viewer, 10)
    assert going_on.feed_id == before.feed_id
    caller.act(viewer, events_pb2.LIKE, item_id=before.items[0].item_id)
    after = caller.feed(viewer, 30)
    assert after.receipt.origin == "ranked"
    assert after.feed_id != before.feed_id
    assert not set(item_ids(before) + item_ids(going_on)) & set(item_ids(after))


def similar(page: feed_pb2.GetFeedResponse) -> int:
    return sum("similar_to_liked" in item.sources for item in page.items)


def test_a_like_reaches_the_ranking(caller):
    """A viewer nobody knows gets nothing similar to what they liked; one who liked five does."""
    viewer = 2_000_000 + next(VIEWERS)
    before = caller.feed(viewer, 50)
    assert not similar(before)
    for item in before.items[:5]:
        caller.act(viewer, events_pb2.LIKE, item_id=item.item_id)

    # Each request likes one more, so that each gets a new ranking.
    more = iter(before.items[5:])

    def next_feed():
        caller.act(viewer, events_pb2.LIKE, item_id=next(more).item_id)
        return caller.feed(viewer, 50)

    assert similar(until(next_feed, similar)) >= 1


@pytest.mark.parametrize("kind", [events_pb2.BLOCK, events_pb2.MUTE])
def test_a_blocked_or_muted_author_is_gone_from_the_very_next_call(caller, viewer, kind):
    stored = caller.feed(viewer, 5)
    unwanted = unserved_authors(caller, viewer, stored)[0]
    caller.act(viewer, kind, author_id=unwanted)
    rest = caller.feed(viewer, 50)
    assert rest.feed_id == stored.feed_id
    assert rest.receipt.origin == "stored"
    assert rest.items
    assert unwanted not in authors(rest)
    for page in itertools.islice(caller.scroll(viewer, 50, 4), 4):
        assert unwanted not in authors(page)


def unserved_authors(caller, viewer, page):
    """Authors of the stored feed's next places, seen by asking for them and for nothing else."""
    following = caller.feed(viewer, 5, page_token=page.next_page_token)
    return [item.author_id for item in following.items if item.author_id not in authors(page)]


def test_a_blocked_author_is_gone_from_the_page_asked_for_again(caller, viewer):
    page = caller.feed(viewer, 10)
    following = caller.feed(viewer, 10, page_token=page.next_page_token)
    unwanted = following.items[3].author_id
    caller.act(viewer, events_pb2.BLOCK, author_id=unwanted)
    again = caller.feed(viewer, 10, page_token=page.next_page_token)
    assert unwanted not in authors(again)
    assert len(again.items) == 10, "the reserve fills the hole"
    kept = [item.item_id for item in following.items if item.author_id != unwanted]
    assert [item_id for item_id in item_ids(again) if item_id in kept] == kept


def test_a_block_works_both_ways(caller):
    """Whoever is blocked sees nothing of the one who blocked, either."""
    viewer = next(VIEWERS)
    page = caller.feed(viewer, 10)
    following = caller.feed(viewer, 10, page_token=page.next_page_token)
    author = next(item.author_id for item in following.items if item.author_id <= 300)
    caller.act(author, events_pb2.BLOCK, author_id=viewer)
    again = caller.feed(viewer, 50, page_token=page.next_page_token)
    assert author not in authors(again)


def test_a_hidden_item_is_gone_and_an_unblock_brings_the_author_back(caller, viewer):
    page = caller.feed(viewer, 10)
    following = caller.feed(viewer, 10, page_token=page.next_page_token)
    hidden, blocked = following.items[0], following.items[5]
    caller.act(viewer, events_pb2.HIDE, item_id=hidden.item_id)
    caller.act(viewer, events_pb2.BLOCK, author_id=blocked.author_id)
    without = item_ids(caller.feed(viewer, 10, page_token=page.next_page_token))
    assert hidden.item_id not in without
    assert blocked.item_id not in without
    caller.act(viewer, events_pb2.UNBLOCK, author_id=blocked.author_id)
    with_again = item_ids(caller.feed(viewer, 10, page_token=page.next_page_token))
    assert hidden.item_id not in with_again
    assert blocked.item_id in with_again
    for page in caller.scroll(viewer, 50, 4):
        assert hidden.item_id not in item_ids(page)

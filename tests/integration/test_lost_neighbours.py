"""A process behind the edge is lost: stored feeds go on, then the popular floor; it says so."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.caller import Caller, item_ids, until
from tests.integration.distributed import Distributed

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

NUMBERS = itertools.count(11_000_000)


@contextmanager
def lost(distributed: Distributed, name: str) -> Iterator[None]:
    """Without one process, which is there again afterwards, however the body ends."""
    process = distributed.named(name)
    process.kill()
    try:
        yield
    finally:
        process.start()


def is_ranked_in_full(page) -> bool:
    return page.receipt.origin == "ranked" and not page.receipt.degraded_reasons


def newcomer_is_served_in_full(caller: Caller) -> bool:
    page = until(lambda: caller.feed(next(NUMBERS)), is_ranked_in_full)
    return is_ranked_in_full(page)


@pytest.mark.parametrize("name", ["candidate_gen", "ranker"])
def test_without_a_ranking_there_is_the_floor_marked_as_such(
    distributed, distributed_caller, world, name
):
    public = {
        row["item_id"]
        for row in world.rows("items")
        if row["visibility"] == "public" and not row["is_sensitive"]
    }
    with lost(distributed, name):
        pages = list(distributed_caller.scroll(next(NUMBERS), 20, 3))
    shown = [item_id for page in pages for item_id in item_ids(page)]
    assert len(shown) == len(set(shown)) == 60
    assert set(shown) <= public
    for page in pages:
        assert page.receipt.origin == "floor"
        assert page.receipt.degraded_reasons
    assert newcomer_is_served_in_full(distributed_caller)


def test_without_candidate_gen_a_stored_feed_goes_on(distributed, distributed_caller):
    viewer = next(NUMBERS)
    first = until(lambda: distributed_caller.feed(viewer, 10), is_ranked_in_full)
    with lost(distributed, "candidate_gen"):
        following = distributed_caller.feed(viewer, 10, page_token=first.next_page_token)
    assert following.feed_id == first.feed_id
    assert [item.position for item in following.items] == list(range(10, 20))
    assert not set(item_ids(first)) & set(item_ids(following))
    assert newcomer_is_served_in_full(distributed_caller)


def test_half_of_the_shards_carry_a_feed_that_says_so_and_is_not_stored(
    distributed, distributed_caller
):
    viewer = next(NUMBERS)
    with lost(distributed, "ann_shards-1"):
        page = distributed_caller.feed(viewer, 20)
        following = distributed_caller.feed(viewer, 20)
    for answer in (page, following):
        assert len(answer.items) == 20
        assert answer.receipt.origin == "ranked"
        assert (answer.receipt.shards_answered, answer.receipt.shards_total) == (1, 2)
        assert "shard_unavailable" in answer.receipt.degraded_reasons
    assert following.feed_id != page.feed_id
    assert not set(item_ids(page)) & set(item_ids(following))
    assert newcomer_is_served_in_full(distributed_caller)


def test_without_the_graph_whom_the_viewer_blocked_stays_away(
    distributed, distributed_caller, world
):
    """A look-up that failed is no permission."""
    blocked = {}
    for row in world.rows("blocks"):
        blocked.setdefault(row["viewer_id"], set()).add(row["author_id"])
    with lost(distributed, "social_graph"):
        for viewer, authors in itertools.islice(blocked.items(), 20):
            page = distributed_caller.feed(viewer, 50)
            assert "blocks_unknown" in page.receipt.degraded_reasons
            assert not authors & {item.author_id for item in page.items}
    assert newcomer_is_served_in_full(distributed_caller)

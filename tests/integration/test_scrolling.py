"""Scrolling to the end of several rankings: no item twice, no place left out."""

import pytest

from tests.integration.caller import Caller, item_ids

PAGE_SIZES = (7, 20, 50)
RANKINGS = 3


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("distributed_caller", marks=[pytest.mark.kafka, pytest.mark.redis]),
    ]
)
def caller(request: pytest.FixtureRequest) -> Caller:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_no_repeat_and_no_gap_over_several_rankings(caller, page_size):
    viewer = 100 + page_size
    pages = []
    for page in caller.scroll(viewer, page_size, 40):
        pages.append(page)
        if len({page.feed_id for page in pages}) > RANKINGS:
            break
    assert len({page.feed_id for page in pages}) > RANKINGS
    shown = [item for page in pages for item in item_ids(page)]
    assert len(shown) == len(set(shown))
    for feed_id in {page.feed_id for page in pages[:-1]} - {pages[-1].feed_id}:
        of_feed = [page for page in pages if page.feed_id == feed_id]
        places = [item.position for page in of_feed for item in page.items]
        assert places == list(range(50))
        scores = [item.score for page in of_feed for item in page.items]
        assert len(scores) == 50


def test_only_the_last_page_of_a_ranking_is_short(caller):
    pages = list(caller.scroll(151, 20, 3))
    assert [len(page.items) for page in pages] == [20, 20, 10]
    assert len({page.feed_id for page in pages}) == 1
    following = caller.feed(151, 20, page_token=pages[-1].next_page_token)
    assert len(following.items) == 20
    assert following.feed_id != pages[0].feed_id


def test_the_same_token_gives_the_same_slice(caller):
    page = caller.feed(173, 10)
    slices = [caller.feed(173, 10, page_token=page.next_page_token) for _ in range(3)]
    assert item_ids(slices[0]) == item_ids(slices[1]) == item_ids(slices[2])
    assert [item.position for item in slices[0].items] == list(range(10, 20))


def test_the_same_request_id_gives_the_identical_page(caller):
    pages = [caller.feed(181, 10, request_id="twice") for _ in range(2)]
    assert list(pages[0].items) == list(pages[1].items)
    assert pages[0].next_page_token == pages[1].next_page_token
    assert pages[1].receipt.origin == "repeat"
    assert not set(item_ids(caller.feed(181, 10))) & set(item_ids(pages[0]))

"""Every ranker, called directly or over gRPC, must pass these tests."""

import numpy as np
import pytest

from serving.bus.bus import Bus
from serving.deadline import Deadline
from serving.errors import DeadlineError, FeedError, PreconditionError
from tests.ranker.rankers import PATIENT, DeafBus, Open, published_list
from tests.ranker.requests import a_request, a_viewer, candidates, pointing


async def test_orders_by_the_value_of_what_the_viewer_would_do(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    ranked = await published_list(
        bus, ranker, item_ids=[1, 2, 3], vector=pointing([80, 0, 40]), has_vector=1
    )
    assert ranked.item_ids.tolist() == [2, 3, 1]
    assert (np.diff(ranked.scores) < 0).all()
    assert (ranked.request_id, ranked.revocation_version, ranked.list_size) == ("r1", 7, 3)


async def test_the_list_is_fifty_long_and_the_reserve_twenty(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    many = list(range(1, 301))
    angles = np.linspace(0, 90, len(many)).tolist()
    ranked = await published_list(
        bus, ranker, item_ids=many, vector=pointing(angles), author_id=many, has_vector=1
    )
    assert (ranked.list_size, len(ranked.item_ids)) == (50, 70)
    assert len(set(ranked.item_ids.tolist())) == 70


async def test_the_receipt_counts_every_stage(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    columns = candidates(list(range(300)), vector=pointing(np.linspace(0, 90, 300).tolist()))
    reply = await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))
    counts = {s.name: (s.count_in, s.count_out) for s in reply.receipt.stages}
    assert counts["pre_ranker"] == (300, 200)
    assert counts["diversity"] == (200, 70)
    assert reply.receipt.degraded_reasons == []
    assert len(reply.receipt.models["ranker"]) == 12


async def test_one_score_for_everything_leaves_the_order_of_the_pre_ranker(
    open_ranker: Open,
) -> None:
    ranker = await open_ranker(DeafBus(), vector_dot=0.0)
    columns = candidates([5, 6], vector=pointing([50, 10]))
    reply = await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))
    assert "main_ranker_failed" in reply.receipt.degraded_reasons
    assert set(reply.receipt.models) == {"pre_ranker"}
    assert reply.ranked_list is not None
    assert reply.ranked_list.item_ids.tolist() == [6, 5]


async def test_another_generation_is_refused(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    request = a_request(candidates([1]), generation="other")
    with pytest.raises(PreconditionError):
        await ranker.rank(request, Deadline.after_ms(PATIENT))


async def test_a_column_that_is_not_finite_is_refused(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    columns = candidates([1, 2], author_positives=[1.0, float("nan")])
    with pytest.raises(FeedError, match="author_positives"):
        await ranker.rank(a_request(columns), Deadline.after_ms(PATIENT))


async def test_too_little_time_is_refused(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    with pytest.raises(DeadlineError):
        await ranker.rank(a_request(candidates([1])), Deadline.after_ms(1.0))


async def test_a_new_viewer_gets_at_most_two_items_of_an_author(open_ranker: Open) -> None:
    ranker = await open_ranker(DeafBus())
    columns = candidates(
        list(range(100)),
        vector=pointing(np.linspace(0, 90, 100).tolist()),
        author_id=np.arange(100) % 40,
        categories=np.column_stack([1 + np.arange(100) % 10, *[np.zeros(100)] * 3]),
    )
    request = a_request(columns, viewer=a_viewer(impressions=0))
    reply = await ranker.rank(request, Deadline.after_ms(PATIENT))
    assert reply.ranked_list is not None
    page = reply.ranked_list
    authors, counts = np.unique(page.author_ids[:50], return_counts=True)
    assert counts.max() <= 2
    assert len(authors) >= 25
    first_page = columns["categories"][page.item_ids[:20], 0]
    assert len(set(first_page.tolist())) >= 8


async def test_no_candidates_are_an_empty_list_and_nothing_failed(
    open_ranker: Open, bus: Bus
) -> None:
    ranker = await open_ranker(bus)
    ranked = await published_list(bus, ranker, item_ids=[])
    assert (len(ranked.item_ids), ranked.list_size) == (0, 0)
    assert ranked.receipt.degraded_reasons == []


async def test_the_only_candidate_is_the_list(open_ranker: Open, bus: Bus) -> None:
    ranker = await open_ranker(bus)
    ranked = await published_list(bus, ranker, item_ids=[9])
    assert ranked.item_ids.tolist() == [9]
    assert ranked.receipt.degraded_reasons == []

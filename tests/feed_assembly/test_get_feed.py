"""What a viewer gets, call by call."""

from dataclasses import replace

import numpy as np
import pytest

from feed_assembly.get_feed import LEFT_OVER_MS
from feed_assembly.item_change import ItemChange
from feed_assembly.session.revocation_version import begun
from feed_assembly.showable import MAY_BE_TOLD_LATE_MS
from protos import feed_pb2
from serving.contracts.rank import RankReply
from serving.contracts.receipt import Receipt, StageCount
from serving.errors import (
    CoverageError,
    DependencyError,
    InvalidRequestError,
    NotFoundError,
    StateUnavailableError,
)
from tests.feed_assembly.ring import VIEWER, Ring
from tests.generation.tiny_generation import vocabulary

MINUTE_MS = 60_000


async def test_a_page_holds_the_best_items_in_order(ring) -> None:
    page = await ring.page(page_size=3)
    assert page.item_ids.tolist() == [1000, 1001, 1002]
    assert page.positions.tolist() == [0, 1, 2]
    assert page.receipt.origin == "ranked"
    assert page.receipt.degraded_reasons == []


async def test_a_viewer_who_has_come_to_the_end_is_told_so_and_gets_the_floor(ring) -> None:
    ring.candidates.failure = NotFoundError("no candidate may be shown to this viewer")
    page = await ring.page()
    assert page.receipt.degraded_reasons == ["nothing_ranked"]
    assert page.receipt.origin == "floor"
    assert len(page)


async def test_the_receipt_tells_the_stages_in_the_order_they_ended(ring) -> None:
    ring.candidates.receipt = lambda: Receipt(
        shards_total=2, shards_answered=2, stages=[StageCount("query", 1, 1, 0.5)]
    )
    page = await ring.page()
    assert [stage.name for stage in page.receipt.stages] == [
        "session",
        "query",
        "new_list",
        "content",
    ]


async def test_twenty_items_unless_asked_for_another_number(ring) -> None:
    assert len(await ring.page()) == 20


async def test_viewer_zero_is_a_viewer(ring) -> None:
    assert len(await ring.page(0)) == 20


async def test_a_token_leads_to_the_next_slice(ring) -> None:
    first = await ring.page(page_size=3)
    second = await ring.page(page_size=2, page_token=first.next_page_token)
    assert second.item_ids.tolist() == [1003, 1004]
    assert second.positions.tolist() == [3, 4]
    assert second.feed_id == first.feed_id
    assert second.receipt.origin == "page"
    assert len(ring.candidates.requests) == 1


async def test_the_same_token_gives_the_same_slice(ring) -> None:
    token = (await ring.page()).next_page_token
    one, other = await ring.page(page_token=token), await ring.page(page_token=token)
    assert one.item_ids.tolist() == other.item_ids.tolist()


async def test_places_behind_it_that_were_not_served_yet_show_nothing_served_elsewhere(
    ring,
) -> None:
    token = (await ring.page(page_size=2)).next_page_token
    assert (await ring.page(page_size=2, page_token=token)).item_ids.tolist() == [1002, 1003]
    assert (await ring.page(page_size=2, surface="videos")).item_ids.tolist() == [1004, 1005]
    again = await ring.page(page_size=4, page_token=token)
    assert again.item_ids.tolist() == [1002, 1003, 1050, 1051]


async def test_the_last_page_is_short_and_leads_into_a_new_ranking(ring) -> None:
    sizes, seen, token = [], [], ""
    for _ in range(6):
        page = await ring.page(page_token=token)
        sizes.append(len(page))
        seen += page.item_ids.tolist()
        token = page.next_page_token
    assert sizes == [20, 20, 10, 20, 20, 10]
    assert seen == list(range(1000, 1100))


async def test_within_a_minute_the_feed_goes_on_where_it_was_left(ring) -> None:
    await ring.page(page_size=5)
    ring.clock.advance(MINUTE_MS - 1)
    page = await ring.page(page_size=5)
    assert page.item_ids.tolist() == [1005, 1006, 1007, 1008, 1009]
    assert page.receipt.origin == "stored"


async def test_after_a_minute_it_is_ranked_anew(ring) -> None:
    await ring.page(page_size=5)
    ring.clock.advance(MINUTE_MS)
    page = await ring.page(page_size=5)
    assert page.receipt.origin == "ranked"
    assert page.item_ids.tolist() == [1005, 1006, 1007, 1008, 1009]


async def test_a_like_makes_the_next_call_rank_anew(ring) -> None:
    await ring.page(page_size=5)
    ring.clock.advance(1)
    await ring.like()
    assert (await ring.page(page_size=5)).receipt.origin == "ranked"


async def test_another_surface_has_a_feed_of_its_own(ring) -> None:
    await ring.page(surface="home")
    assert (await ring.page(surface="videos")).receipt.origin == "ranked"
    assert (await ring.page(surface="home")).receipt.origin == "stored"


async def test_the_same_request_id_gives_the_identical_page(ring) -> None:
    first = await ring.page(request_id="a", page_size=3)
    ring.clock.advance(1)
    again = await ring.page(request_id="a", page_size=3)
    assert again.item_ids.tolist() == first.item_ids.tolist()
    assert again.positions.tolist() == first.positions.tolist()
    assert again.next_page_token == first.next_page_token
    assert again.feed_id == first.feed_id
    assert again.receipt.origin == "repeat"
    assert len(ring.records.pages) == 1


async def test_a_repeat_tells_why_the_page_was_less_than_it_could_be(ring) -> None:
    ring.candidates.failure = DependencyError("away")
    first = await ring.page(request_id="a")
    ring.candidates.failure = None
    again = await ring.page(request_id="a")
    assert again.item_ids.tolist() == first.item_ids.tolist()
    assert again.receipt.degraded_reasons == ["ranking_failed"]


async def test_a_damaged_stored_feed_does_not_cost_the_viewer_the_session(ring) -> None:
    await ring.page(page_size=2)
    await ring.sessions.update(
        VIEWER,
        lambda record: record.with_stored_feeds([b"damaged"]).with_remembered_pages([b"damaged"]),
    )
    page = await ring.page(page_size=2, request_id="a")
    assert page.item_ids.tolist() == [1002, 1003]
    assert page.receipt.degraded_reasons == []


async def test_another_viewer_may_use_the_same_request_id(ring) -> None:
    await ring.page(1, request_id="a", page_size=3)
    assert (await ring.page(2, request_id="a")).receipt.origin == "ranked"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("hidden_items", 1003),
        ("blocked_authors", 1003 % 8),
        ("blocked_by_authors", 1003 % 8),
        ("muted_authors", 1003 % 8),
        ("unfollowed_authors", 1003 % 8),
    ],
)
async def test_the_next_call_honours_a_revocation_and_fills_the_hole(ring, kind, target) -> None:
    token = (await ring.page(page_size=3)).next_page_token
    ring.clock.advance(1)
    await ring.revoke(kind, target)
    page = await ring.page(page_size=2, page_token=token)
    assert page.item_ids.tolist() == [1050, 1004]
    assert page.positions.tolist() == [3, 4]


async def test_a_repeat_leaves_out_what_was_revoked_since(ring) -> None:
    await ring.page(request_id="a", page_size=3)
    await ring.revoke("hidden_items", 1001)
    assert (await ring.page(request_id="a")).item_ids.tolist() == [1000, 1002]


async def test_a_deleted_item_is_gone_from_stored_feeds(ring) -> None:
    token = (await ring.page(page_size=3)).next_page_token
    ring.overlay.apply(ItemChange("e", "delete", 1003))
    page = await ring.page(page_size=2, page_token=token)
    assert page.item_ids.tolist() == [1050, 1004]


async def test_an_unfollow_does_not_touch_lists_made_later(ring) -> None:
    await ring.revoke("unfollowed_authors", 1000 % 8)
    ring.clock.advance(MAY_BE_TOLD_LATE_MS + 1)
    assert (await ring.page(page_size=1)).item_ids.tolist() == [1000]


async def test_a_new_ranking_is_told_what_to_leave_out(ring) -> None:
    await ring.page(page_size=2)
    for kind, target in (
        ("hidden_items", 7),
        ("blocked_authors", 3),
        ("unfollowed_authors", 4),
        ("left_groups", 5),
    ):
        await ring.revoke(kind, target)
    ring.overlay.apply(ItemChange("e", "delete", 8))
    ring.clock.advance(MINUTE_MS)
    await ring.page()
    request = ring.candidates.requests[-1]
    assert request.excluded_item_ids.tolist() == [7, 8, 1000, 1001]
    assert request.excluded_author_ids.tolist() == [3]
    assert request.unfollowed_author_ids.tolist() == [4]
    assert request.left_group_ids.tolist() == [5]
    assert request.revocation_version == begun(ring.clock.now_ms() - MINUTE_MS) + 4


async def test_served_items_may_come_back_after_half_an_hour(ring) -> None:
    await ring.page(page_size=2)
    ring.clock.advance(30 * MINUTE_MS + 1)
    await ring.page()
    assert ring.candidates.requests[-1].excluded_item_ids.tolist() == []


async def test_not_while_the_same_scrolling_goes_on(ring) -> None:
    token = (await ring.page(page_size=50)).next_page_token
    for _ in range(2):
        ring.clock.advance(20 * MINUTE_MS)
        token = (await ring.page(page_size=50, page_token=token)).next_page_token
    served = ring.candidates.requests[-1].excluded_item_ids.tolist()
    assert served == list(range(1000, 1100))


async def test_a_scrolling_begins_with_its_feed_also_when_it_went_on_without_token(ring) -> None:
    await ring.page(page_size=25)
    ring.clock.advance(MINUTE_MS - 1)
    token = (await ring.page(page_size=25)).next_page_token
    ring.clock.advance(30 * MINUTE_MS)
    await ring.page(page_token=token)
    served = ring.candidates.requests[-1].excluded_item_ids.tolist()
    assert served == list(range(1000, 1050))


async def test_without_a_ranking_a_stored_feed_is_served(ring) -> None:
    await ring.page(page_size=2)
    ring.clock.advance(MINUTE_MS)
    ring.candidates.failure = DependencyError("away")
    page = await ring.page(page_size=2)
    assert page.item_ids.tolist() == [1002, 1003]
    assert page.receipt.origin == "stored"
    assert page.receipt.degraded_reasons == ["ranking_failed"]


async def test_but_none_that_is_older_than_what_sessions_remember(ring) -> None:
    await ring.page(page_size=2)
    ring.candidates.failure = DependencyError("away")
    ring.clock.advance(LEFT_OVER_MS)
    assert (await ring.page(page_size=2)).receipt.origin == "stored"
    ring.clock.advance(1)
    assert (await ring.page(page_size=2)).receipt.origin == "floor"


@pytest.mark.parametrize("has_token", [True, False])
async def test_of_another_generations_feed_only_known_items_are_left(ring, has_token) -> None:
    """What was deleted before this generation was built is in no topic that is read."""
    token = (await ring.page(page_size=2)).next_page_token
    ring.content.generation = "the next"
    for item_id in (1003, 1051):
        ring.overlay.apply(ItemChange("e", "publish", item_id))
    ring.candidates.failure = DependencyError("away")
    page = await ring.page(page_size=5, page_token=token if has_token else "")
    assert page.item_ids.tolist() == [1051, 1003]


async def test_without_ranking_and_stored_feed_there_is_the_floor(ring) -> None:
    ring.candidates.failure = DependencyError("away")
    page = await ring.page()
    assert page.receipt.origin == "floor"
    assert page.receipt.degraded_reasons == ["ranking_failed"]
    assert len(page) == 20
    again = await ring.page(page_token=page.next_page_token)
    assert not np.isin(again.item_ids, page.item_ids).any()


async def test_a_bug_in_the_ranking_is_a_failure_like_others(ring) -> None:
    ring.candidates.failure = ZeroDivisionError()
    assert (await ring.page()).receipt.degraded_reasons == ["ranking_failed"]


async def test_a_list_that_does_not_come_is_not_waited_for_past_the_deadline(ring) -> None:
    ring.candidates.is_silent = True
    page = await ring.page(budget_ms=200.0)
    assert page.receipt.origin == "floor"
    assert page.receipt.degraded_reasons == ["ranking_late"]


async def test_below_half_of_the_shards_the_list_is_not_shown(ring) -> None:
    ring.candidates.receipt = lambda: Receipt(shards_total=5, shards_answered=2)
    page = await ring.page()
    assert page.receipt.origin == "floor"
    assert page.receipt.degraded_reasons == ["coverage_below_half"]


async def test_nor_is_one_that_was_not_made_for_that_reason(ring) -> None:
    ring.candidates.failure = CoverageError("1 of 5 shards answered")
    page = await ring.page()
    assert page.receipt.origin == "floor"
    assert page.receipt.degraded_reasons == ["coverage_below_half"]


async def test_a_degraded_list_is_shown_once_and_not_stored(ring) -> None:
    ring.candidates.receipt = lambda: Receipt(degraded_reasons=["main_ranker_failed"])
    first = await ring.page(page_size=2)
    second = await ring.page(page_size=2, page_token=first.next_page_token)
    assert first.receipt.degraded_reasons == ["main_ranker_failed"]
    assert second.receipt.origin == "ranked"
    assert second.item_ids.tolist() == [1002, 1003]


@pytest.mark.parametrize("reasons", [["shard_unavailable"], []])
async def test_a_list_that_lacks_a_single_shard_is_not_stored(ring, reasons) -> None:
    """Whether it says so by a reason or by its counts alone."""
    ring.candidates.receipt = lambda: Receipt(
        shards_total=64, shards_answered=63, degraded_reasons=list(reasons)
    )
    assert (await ring.page(page_size=2)).item_ids.tolist() == [1000, 1001]
    ring.candidates.receipt = lambda: Receipt(shards_total=64, shards_answered=64)
    second = await ring.page(page_size=2)
    assert (second.receipt.origin, second.item_ids.tolist()) == ("ranked", [1002, 1003])
    assert (await ring.page(page_size=2)).receipt.origin == "stored"


async def test_without_session_there_is_the_floor_and_it_says_so(ring) -> None:
    ring.state.is_away = True
    page = await ring.page(page_size=4)
    assert page.receipt.degraded_reasons == ["state_unavailable", "blocks_unknown"]
    again = await ring.page(page_size=4, page_token=page.next_page_token)
    assert not np.isin(again.item_ids, page.item_ids).any()


def refuse() -> None:
    raise StateUnavailableError("no writes")


async def test_a_page_that_cannot_be_noted_leaves_all_the_same(ring) -> None:
    ring.state.before_write = refuse
    page = await ring.page(page_size=2)
    assert page.item_ids.tolist() == [1000, 1001]
    assert page.receipt.degraded_reasons == ["state_unavailable"]


async def test_the_end_of_everything_is_an_empty_page_with_a_reason(generation_folder) -> None:
    ring = Ring(generation_folder, item_count=30)
    token, seen = "", []
    for _ in range(10):
        page = await ring.page(2, page_token=token)
        seen += page.item_ids.tolist()
        token = page.next_page_token
        if not token:
            break
    assert len(page) == 0
    assert "nothing_left" in page.receipt.degraded_reasons
    south = vocabulary().regions.code("south")
    assert len(seen) == len(set(seen)) == 30 + len(ring.floor.pool(south).item_ids)


async def test_where_blocks_could_not_be_read_those_of_the_generation_count(ring) -> None:
    """Viewer 1 blocks 12, is blocked by 13 and mutes 14."""
    make = ring.candidates.generate

    async def with_those_authors(request, deadline) -> RankReply:
        await make(request, deadline)
        ranked = ring.candidates.lists[-1]
        ranked = replace(ranked, author_ids=10 + ranked.item_ids % 8)
        return RankReply(Receipt(degraded_reasons=["blocks_unknown"]), ranked)

    ring.candidates.is_silent = True
    ring.candidates.generate = with_those_authors
    page = await ring.page(page_size=50)
    assert page.receipt.origin == "ranked"
    assert set(page.author_ids.tolist()) == {10, 11, 15, 16, 17}


async def test_content_comes_with_the_items(ring) -> None:
    ring.candidates.failure = DependencyError("away")
    answer = await ring.answer(page_size=1)
    [item_id] = answer.page.item_ids.tolist()
    [item] = feed_pb2.GetFeedResponse.FromString(answer.items).items
    content = item.content
    assert item.item_id == item_id
    assert item.reason == "popular in north"
    assert content.title == f"title {item_id}"
    assert content.author_name == f"author {item.author_id}"
    assert content.media_url == f"https://cdn.example/{item_id}"


async def test_every_page_is_recorded_as_served(ring) -> None:
    page = await ring.page(page_size=2)
    [recorded] = ring.records.pages
    assert recorded.item_ids.tolist() == page.item_ids.tolist()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"viewer_id": None}, "viewer_id: required, a number >= 0"),
        ({"viewer_id": -1}, "viewer_id: -1 is outside [0, 9223372036854775807]"),
        ({"page_size": 51}, "page_size: 51 is outside [1, 50]"),
        ({"page_size": -1}, "page_size: -1 is outside [1, 50]"),
        ({"surface": "x" * 65}, "surface: 65 bytes, limit 64"),
        ({"region": "ü" * 33}, "context.region: 66 bytes, limit 64"),
        ({"language": "x" * 65}, "context.language: 65 bytes, limit 64"),
        ({"device": "x" * 65}, "context.device: 65 bytes, limit 64"),
        ({"request_id": "x" * 65}, "request_id: 65 bytes, limit 64"),
        ({"utc_offset_minutes": 841}, "context.utc_offset_minutes: 841 is outside [-840, 840]"),
        ({"page_token": "x"}, "page_token: is not valid for this viewer, or no longer"),
    ],
)
async def test_bad_input_is_named(ring, fields, problem) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await ring.answer(**{"viewer_id": VIEWER, **fields})
    assert str(refused.value) == problem

"""Lists that come when nobody waits any more."""

from dataclasses import replace

from feed_assembly import late_lists
from feed_assembly.awaited_lists import Wanted
from serving.contracts.rank import RankedList, RankReply
from serving.contracts.receipt import Receipt
from serving.ending import Ending, ending_said, set_ending
from serving.errors import DependencyError, OverloadedError
from tests.feed_assembly.ring import VIEWER, Ring


async def late_list(ring: Ring) -> RankedList:
    """Let a call give up, and return the list that comes after."""
    ring.candidates.is_silent = True
    page = await ring.page(budget_ms=200.0)
    # A busy machine may be late with noting the page as well.
    assert "ranking_late" in page.receipt.degraded_reasons
    return ring.candidates.lists[-1]


async def arrive(ring: Ring, ranked: RankedList) -> None:
    wanted = ring.awaited.deliver(ranked)
    assert wanted is not None
    await ring.late_lists.store(wanted, ranked)


async def test_a_late_list_is_the_next_calls_stored_feed(ring) -> None:
    await arrive(ring, await late_list(ring))
    page = await ring.page(page_size=3)
    assert page.item_ids.tolist() == [1000, 1001, 1002]
    assert page.receipt.origin == "stored"


async def test_it_is_stored_beside_the_reader_and_before_the_end(ring) -> None:
    ranked = await late_list(ring)
    ring.late_lists.keep(ring.awaited.deliver(ranked), ranked)
    await ring.late_lists.close()
    assert (await ring.page(page_size=3)).receipt.origin == "stored"


async def test_not_more_are_stored_at_a_time_than_there_is_room_for(ring, monkeypatch) -> None:
    monkeypatch.setattr(late_lists, "MAX_BEING_STORED", 0)
    ranked = await late_list(ring)
    ring.late_lists.keep(ring.awaited.deliver(ranked), ranked)
    await ring.late_lists.close()
    assert (await ring.page(budget_ms=200.0)).receipt.origin == "floor"


async def test_a_call_without_time_for_its_list_was_cut_short(ring) -> None:
    set_ending(Ending.WHOLE)
    await late_list(ring)
    assert ending_said() is Ending.CUT_SHORT


async def test_a_call_whose_ranking_failed_was_cut_short_too(ring) -> None:
    set_ending(Ending.WHOLE)
    ring.candidates.failure = DependencyError("no ranker")
    assert (await ring.page()).receipt.degraded_reasons == ["ranking_failed"]
    assert ending_said() is Ending.CUT_SHORT


async def test_a_call_that_nobody_had_room_for_was_turned_away(ring) -> None:
    set_ending(Ending.WHOLE)
    ring.candidates.failure = OverloadedError("overloaded")
    assert (await ring.page()).receipt.degraded_reasons == ["ranking_refused"]
    assert ending_said() is Ending.TURNED_AWAY


async def test_a_list_that_came_with_the_reply_is_not_awaited_on_the_bus(ring) -> None:
    make = ring.candidates.generate

    async def with_the_list(request, deadline) -> RankReply:
        reply = await make(request, deadline)
        return replace(reply, ranked_list=ring.candidates.lists[-1])

    ring.candidates.is_silent = True
    ring.candidates.generate = with_the_list
    assert (await ring.page(page_size=3)).receipt.origin == "ranked"
    assert ring.awaited.deliver(ring.candidates.lists[-1]) is None


async def test_a_feed_that_is_being_scrolled_is_left_alone(ring) -> None:
    page = await ring.page(page_size=3)
    ranked = ring.candidates.lists[-1]
    wanted = Wanted(VIEWER, ranked.request_id, page.feed_id, "", ranked.created_ms)
    record = (await ring.sessions.find(VIEWER)).record
    version = record.revocation_version
    await ring.late_lists.store(wanted, replace(ranked, revocation_version=version))
    after = (await ring.sessions.find(VIEWER)).record
    assert after.stored_feeds == record.stored_feeds


async def test_not_after_a_revocation(ring) -> None:
    ranked = await late_list(ring)
    await ring.revoke("blocked_authors", 5)
    await arrive(ring, ranked)
    assert (await ring.page(budget_ms=200.0)).receipt.origin == "floor"


async def test_not_if_it_is_degraded(ring) -> None:
    ranked = await late_list(ring)
    await arrive(ring, replace(ranked, receipt=Receipt(degraded_reasons=["main_ranker_failed"])))
    assert (await ring.page(budget_ms=200.0)).receipt.origin == "floor"


async def test_what_was_served_meanwhile_is_left_out(ring) -> None:
    ranked = await late_list(ring)
    ring.candidates.is_silent = False
    await ring.page(surface="videos", page_size=2)
    await arrive(ring, ranked)
    page = await ring.page(page_size=3)
    assert page.item_ids.tolist() == [1050, 1051, 1002]


async def test_a_list_of_another_replica_or_life_is_nobodys(ring) -> None:
    ranked = await late_list(ring)
    assert ring.awaited.deliver(replace(ranked, request_id="another")) is None


async def test_without_state_store_it_is_dropped(ring) -> None:
    ranked = await late_list(ring)
    ring.state.is_away = True
    await arrive(ring, ranked)
    ring.state.is_away = False
    assert (await ring.page(budget_ms=200.0)).receipt.origin == "floor"

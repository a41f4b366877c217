"""A store that was emptied, went back or is damaged never shows what was revoked before."""

import pytest

from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_codec import pack_session
from feed_assembly.session.stored_sessions import session_key
from serving.errors import DependencyError
from serving.state.state_store import Versioned
from tests.feed_assembly.ring import VIEWER, Ring

ITEM, AUTHOR = 1000, 1000 % 8


@pytest.fixture
def replica(ring, generation_folder) -> Ring:
    """Another replica on the same store."""
    return Ring(generation_folder, state=ring.state)


async def test_a_token_tells_that_the_session_went_back(ring, replica) -> None:
    before = dict(ring.state.values)
    await ring.page(page_size=5)
    old = dict(ring.state.values)
    await ring.revoke("blocked_authors", AUTHOR)
    page = await ring.page(page_size=5)
    ring.state.values = old  # an older copy was put back: its stored feed begins with the author
    replica.candidates.known_blocks = {AUTHOR}  # social_graph had it from the bus
    following = await replica.page(page_size=50, page_token=page.next_page_token)
    assert following.receipt.origin == "ranked"
    assert "session_lost" in following.receipt.degraded_reasons
    assert AUTHOR not in following.author_ids
    assert not before


async def test_after_that_the_session_is_whole_again(ring, replica) -> None:
    await ring.revoke("blocked_authors", AUTHOR)
    page = await ring.page(page_size=5)
    ring.state.values.clear()
    replica.candidates.known_blocks = {AUTHOR}
    following = await replica.page(page_size=5, page_token=page.next_page_token)
    third = await replica.page(page_size=5, page_token=following.next_page_token)
    assert third.receipt.origin == "page"
    assert third.receipt.degraded_reasons == []


async def test_the_floor_of_a_lost_session_says_that_blocks_are_unknown(ring, replica) -> None:
    await ring.revoke("blocked_authors", AUTHOR)
    page = await ring.page(page_size=5)
    ring.state.values.clear()
    replica.candidates.failure = DependencyError("away")
    following = await replica.page(page_size=5, page_token=page.next_page_token)
    assert following.receipt.origin == "floor"
    assert {"session_lost", "blocks_unknown"} <= set(following.receipt.degraded_reasons)
    later = await replica.page(page_size=5)
    assert "blocks_unknown" in later.receipt.degraded_reasons, "until a generation has the blocks"


async def test_a_replica_that_knew_the_block_puts_it_back(ring) -> None:
    await ring.revoke("blocked_authors", AUTHOR)
    ring.state.values.clear()
    page = await ring.page(page_size=50)
    assert AUTHOR not in page.author_ids
    assert AUTHOR in ring.candidates.requests[-1].excluded_author_ids


async def test_while_the_store_is_away_the_floor_leaves_out_what_is_known_here(ring) -> None:
    ring.candidates.failure = DependencyError("away")
    shown = await ring.page(page_size=3)
    hidden = int(shown.item_ids[0])
    await ring.revoke("hidden_items", hidden)
    ring.state.is_away = True
    page = await ring.page(page_size=50)
    assert "state_unavailable" in page.receipt.degraded_reasons
    assert len(page)
    assert hidden not in page.item_ids


async def test_a_damaged_record_costs_one_ranking_and_no_call(ring) -> None:
    ring.state.values[session_key(VIEWER)] = Versioned(4, b"\x00damaged")
    ring.candidates.known_blocks = {AUTHOR}
    first = await ring.page(page_size=5)
    assert (first.receipt.origin, first.receipt.degraded_reasons) == ("ranked", [])
    assert AUTHOR not in first.author_ids
    again = await ring.page(page_size=5)
    assert again.receipt.origin == "stored"


async def test_a_list_asked_for_before_the_loss_is_not_stored_after_it(ring) -> None:
    await ring.revoke("blocked_authors", AUTHOR)
    ring.candidates.is_silent = True
    await ring.page(budget_ms=20)
    ranked = ring.candidates.lists[-1]
    ring.state.values[session_key(VIEWER)] = Versioned(1, pack_session(SessionRecord()))
    wanted = ring.awaited.deliver(ranked)
    other = Ring(ring.folder, state=ring.state)
    await other.late_lists.store(wanted, ranked)
    record = (await other.sessions.find(VIEWER)).record
    assert record.stored_feeds == ()

"""Calls of one viewer at the same time."""

import asyncio

from feed_assembly.session.session import RevocationChange, SessionRecord
from serving.contracts.rank import RankReply
from tests.feed_assembly.ring import VIEWER, Ring


async def test_calls_without_token_never_serve_the_same_place(ring) -> None:
    await ring.page(page_size=5)
    pages = await asyncio.gather(*(ring.page(page_size=5) for _ in range(4)))
    ids = [item for page in pages for item in page.item_ids.tolist()]
    assert sorted(ids) == list(range(1005, 1025))


async def test_nor_do_first_calls_that_rank_at_the_same_time(ring) -> None:
    pages = await asyncio.gather(*(ring.page(page_size=5) for _ in range(4)))
    ids = [item for page in pages for item in page.item_ids.tolist()]
    assert len(set(ids)) == 20


async def test_one_request_id_gives_one_page(ring) -> None:
    pages = await asyncio.gather(*(ring.page(request_id="a") for _ in range(3)))
    assert len({page.next_page_token for page in pages}) == 1
    assert len({tuple(page.item_ids.tolist()) for page in pages}) == 1
    assert sorted(page.receipt.origin for page in pages) == ["ranked", "repeat", "repeat"]


async def test_a_block_that_comes_while_a_list_is_made_is_honoured(ring) -> None:
    make = ring.candidates.generate

    async def block_meanwhile(request, deadline) -> RankReply:
        await ring.revoke("blocked_authors", 1000 % 8)
        return await make(request, deadline)

    ring.candidates.generate = block_meanwhile
    page = await ring.page(page_size=2)
    assert page.item_ids.tolist() == [1050, 1001]


async def test_a_list_in_the_reply_needs_no_bus(ring) -> None:
    make = ring.candidates.generate
    ring.candidates.is_silent = True

    async def answer_with_list(request, deadline) -> RankReply:
        reply = await make(request, deadline)
        reply.receipt.degrade("bus_unacknowledged")
        return RankReply(reply.receipt, ring.candidates.lists[-1])

    ring.candidates.generate = answer_with_list
    page = await ring.page(page_size=2)
    assert page.item_ids.tolist() == [1000, 1001]
    assert page.receipt.degraded_reasons == ["bus_unacknowledged"]
    assert (await ring.page(page_size=2)).receipt.origin == "stored"


async def test_a_list_that_overtakes_a_reply_that_never_comes_is_served(ring) -> None:
    make = ring.candidates.generate

    async def hang(request, deadline) -> RankReply:
        await make(request, deadline)
        return await asyncio.get_running_loop().create_future()

    ring.candidates.generate = hang
    assert (await ring.page(page_size=2)).item_ids.tolist() == [1000, 1001]


async def test_a_cancelled_call_stops_the_ranking(ring) -> None:
    stopped = asyncio.Event()
    begun = asyncio.Event()

    async def hang(_request, _deadline) -> RankReply:
        begun.set()
        try:
            return await asyncio.get_running_loop().create_future()
        finally:
            stopped.set()

    ring.candidates.generate = hang
    call = asyncio.create_task(ring.page())
    await begun.wait()
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()
    assert stopped.is_set()


async def test_another_process_may_write_the_record_in_between(ring: Ring) -> None:
    """The state store refuses the first write as stale; the page is cut again from what is new."""
    write = ring.state.write
    interfered = []

    async def interfere(updates, **named) -> list[bool]:
        if not interfered:
            interfered.append(True)
            ring.state.write = write
            other = type(ring.sessions)(ring.state, ring.clock)
            change = RevocationChange("hidden_items", 1001, ring.clock.now_ms(), True)
            await other.update(VIEWER, lambda r: hidden(r, change))
        return await write(updates, **named)

    def hidden(record: SessionRecord, change: RevocationChange) -> SessionRecord:
        return record.with_changes([change], ring.clock.now_ms())

    ring.state.write = interfere
    page = await ring.page(page_size=2)
    assert interfered
    assert page.item_ids.tolist() == [1000, 1050]

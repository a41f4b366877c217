"""What a viewer gets on each rung, whoever forced it, and what is kept of it."""

import pytest

from serving.contracts.receipt import Receipt
from serving.effort.rung import Rung
from serving.errors import DependencyError
from serving.switches.switches import Switched
from tests.feed_assembly.ring import VIEWER, Ring


def narrowed_receipt(*names: str, reasons: tuple[str, ...] = ()) -> Receipt:
    receipt = Receipt(shards_total=2, shards_answered=2)
    for name in names:
        receipt.narrow(name)
    for reason in reasons:
        receipt.degrade(reason)
    return receipt


async def origins(ring: Ring, count: int) -> list[str]:
    return [(await ring.page(page_size=5)).receipt.origin for _ in range(count)]


@pytest.mark.parametrize("rung", [Rung.FEWER_PROBES, Rung.SMALLER_RANKER])
async def test_a_ranking_rung_is_asked_of_candidate_gen(ring, rung) -> None:
    page = await ring.page(rung=rung)
    assert ring.candidates.requests[0].rung == rung
    assert page.receipt.degraded_reasons == [rung.reason]


async def test_on_the_rung_of_stored_feeds_nothing_is_ranked(ring) -> None:
    first = await ring.page(page_size=5)
    page = await ring.page(page_size=5, rung=Rung.STORED)
    assert page.receipt.origin == "stored"
    assert page.receipt.degraded_reasons == ["rung_forced:stored"]
    assert page.feed_id == first.feed_id
    assert len(ring.candidates.requests) == 1


async def test_an_old_stored_feed_does_on_that_rung(ring) -> None:
    await ring.page(page_size=5)
    ring.clock.advance(by_ms=3_600_000)
    assert (await ring.page(page_size=5, rung=Rung.STORED)).receipt.origin == "stored"


async def test_who_has_no_stored_feed_gets_the_floor(ring) -> None:
    page = await ring.page(rung=Rung.STORED)
    assert (page.receipt.origin, len(page) > 0) == ("floor", True)
    assert ring.candidates.requests == []


async def test_on_the_lowest_rung_stored_feeds_are_not_looked_at(ring) -> None:
    await ring.page(page_size=5)
    page = await ring.page(page_size=5, rung=Rung.FLOOR)
    assert page.receipt.origin == "floor"
    assert page.receipt.degraded_reasons == ["rung_forced:floor"]


async def test_switches_force_a_rung_on_everybody(ring) -> None:
    ring.switches.now = Switched(rung=Rung.FLOOR)
    assert (await ring.page()).receipt.origin == "floor"


async def test_the_lower_of_two_rungs_counts(ring) -> None:
    ring.switches.now = Switched(rung=Rung.FEWER_PROBES)
    page = await ring.page(rung=Rung.STORED)
    assert page.receipt.degraded_reasons == ["rung_forced:stored"]


@pytest.mark.parametrize("name", ["probes:half", "candidates:300"])
async def test_a_list_that_was_narrowed_a_little_is_kept_and_stays_marked(ring, name) -> None:
    ring.candidates.receipt = lambda: narrowed_receipt(name)
    assert await origins(ring, 2) == ["ranked", "stored"]
    stored = (await ring.page(page_size=5)).receipt
    assert (stored.narrowed, stored.degraded_reasons) == ([name], ["narrowed"])


@pytest.mark.parametrize("name", ["probes:quarter", "candidates:150", "main_ranker"])
async def test_a_list_that_was_narrowed_a_lot_is_not_kept(ring, name) -> None:
    ring.candidates.receipt = lambda: narrowed_receipt(name)
    assert await origins(ring, 2) == ["ranked", "ranked"]


@pytest.mark.parametrize(
    ("reason", "second"),
    [
        ("switched_off:source:popular", "stored"),
        ("switched_off:rule:likeness", "stored"),
        ("switched_off:hydrator:acquaintance", "stored"),
        ("switched_off:filter:blocked", "ranked"),
        ("switched_off:model:main_ranker", "ranked"),
        ("rung_forced:fewer_probes", "ranked"),
        ("model_suspended:main_ranker", "ranked"),
    ],
)
async def test_what_is_kept_of_lists_made_without_something(ring, reason, second) -> None:
    ring.candidates.receipt = lambda: narrowed_receipt(reasons=(reason,))
    assert await origins(ring, 2) == ["ranked", second]


async def test_what_is_logged_as_served_is_marked(ring) -> None:
    await ring.page(rung=Rung.FLOOR)
    (page,) = ring.records.pages
    assert page.receipt.degraded_reasons == ["rung_forced:floor"]


async def test_without_shards_the_stored_feed_comes_marked_then_the_floor(ring) -> None:
    await ring.page(page_size=5)
    ring.clock.advance(by_ms=3_600_000)
    ring.candidates.failure = DependencyError("1 of 4 shards answered")
    pages = [await ring.page(VIEWER, page_size=5), await ring.page(VIEWER + 1)]
    assert [page.receipt.origin for page in pages] == ["stored", "floor"]
    assert [page.receipt.degraded_reasons for page in pages] == [["ranking_failed"]] * 2

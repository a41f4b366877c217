"""Who gives up waiting costs nobody anything any more."""

import asyncio
import random

import pytest

from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply
from serving.deadline import Deadline
from tests.feed_assembly.ring import Ring

CALLS = 200
PATIENCE_MS = 120_000.0


class WorkingCandidates:
    """Works until it is cancelled, or `go` is set; then it answers as the one inside."""

    def __init__(self, inside) -> None:
        self.inside = inside
        self.at_work: set[int] = set()
        self.go = asyncio.Event()

    async def generate(self, request: GenerateRequest, deadline: Deadline) -> RankReply:
        self.at_work.add(request.viewer_id)
        try:
            await self.go.wait()
            return await self.inside.generate(request, deadline)
        finally:
            self.at_work.discard(request.viewer_id)


@pytest.fixture
def working(ring: Ring) -> WorkingCandidates:
    working = WorkingCandidates(ring.candidates)
    ring.new_feeds._new_lists._candidates = working
    return working


async def begin(ring: Ring, working: WorkingCandidates, viewers: range) -> list[asyncio.Task]:
    calls = [asyncio.create_task(ring.page(viewer, budget_ms=PATIENCE_MS)) for viewer in viewers]
    while len(working.at_work) < len(viewers):  # noqa: ASYNC110 - a few turns of the loop
        await asyncio.sleep(0)
    return calls


async def test_work_stops_when_the_caller_gives_up(ring: Ring, working) -> None:
    [call] = await begin(ring, working, range(1))
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert call.cancelled()
    assert working.at_work == set()


async def test_a_storm_of_cancels_leaves_right_answers_and_no_tasks(ring: Ring, working) -> None:
    before = asyncio.all_tasks()
    calls = await begin(ring, working, range(CALLS))
    given_up = random.Random(7).sample(range(CALLS), CALLS // 2)
    for viewer in given_up:
        calls[viewer].cancel()
    await asyncio.wait([calls[viewer] for viewer in given_up])
    assert working.at_work == set(range(CALLS)) - set(given_up)
    working.go.set()
    pages = await asyncio.gather(*calls, return_exceptions=True)
    for viewer, page in enumerate(pages):
        if viewer in given_up:
            assert isinstance(page, asyncio.CancelledError)
        else:
            assert page.receipt.origin == "ranked"
    lists = {ranked.viewer_id for ranked in ring.candidates.lists}
    assert lists == set(range(CALLS)) - set(given_up)
    assert asyncio.all_tasks() == before

"""A caller that gives up over gRPC stops all work behind it, and leaves nothing behind."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protos import feed_pb2
from serving.lines import kept_line
from tests.generation.tiny_generation import write_tiny_generation
from tests.integration.served_ring import (
    DEADLINE_MS,
    LIST_ITEMS,
    PATIENCE_S,
    ServedRing,
    own_items,
    run_served,
)
from tests.serving.until import until

CALLS = 200
AT_ONCE = 16
NEIGHBOURS = 4
"""Of the ring: a shard, the graph, the ranker, and candidate_gen for the edge."""

STOPPED_WITHIN_S = 2.0
"""Generous for busy machines: without a cancel the work would go on for a minute."""


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


@pytest.fixture(params=["on lines", "without lines", "embedded"])
async def ring(
    request: Any, generation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ServedRing]:
    are_lines_used, is_distributed = request.param == "on lines", request.param != "embedded"
    if are_lines_used:  # for calls of a minute, without a new one amid the counting of tasks
        for name in ("RENEW_S", "USED_S", "LONGEST_CALL_S"):
            monkeypatch.setattr(kept_line, name, 600.0)
    async with run_served(generation, tmp_path, is_distributed=is_distributed) as ring:
        await feed(ring, 0)  # connections, and the tasks that come with them
        if are_lines_used:
            await until(lambda: lines_open() == NEIGHBOURS)
        yield ring


def lines_open() -> int:
    return sum(task.get_name() == "line" for task in asyncio.all_tasks())


async def feed(ring: ServedRing, viewer_id: int) -> feed_pb2.GetFeedResponse:
    return await begin(ring, viewer_id)


def begin(ring: ServedRing, viewer_id: int) -> Any:
    request = feed_pb2.GetFeedRequest(viewer_id=viewer_id, page_size=10)
    return ring.stub.GetFeed(request, timeout=DEADLINE_MS / 1_000)


async def no_more_tasks_than(count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(asyncio.all_tasks()) > count:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("stage", ["searching", "ranking"])
async def test_what_was_begun_for_a_call_ends_with_it(ring: ServedRing, stage: str) -> None:
    loop, tasks = asyncio.get_running_loop(), len(asyncio.all_tasks())
    work = getattr(ring, stage)
    work.hold()
    call = begin(ring, 1)
    await work.until(1)
    given_up_s = loop.time()
    call.cancel()
    await work.until(0)
    assert loop.time() - given_up_s < STOPPED_WITHIN_S
    await no_more_tasks_than(tasks)
    work.let_go()
    page = await feed(ring, 1)
    assert page.receipt.origin == "ranked"


async def test_a_storm_of_cancels_gives_nobody_the_answer_of_another(ring: ServedRing) -> None:
    tasks, dice, room = len(asyncio.all_tasks()), random.Random(7), asyncio.Semaphore(AT_ONCE)
    given_up = set(dice.sample(range(1, CALLS + 1), CALLS // 2))
    after_s = {viewer_id: dice.uniform(0, 0.02) for viewer_id in given_up}

    async def ask(viewer_id: int) -> feed_pb2.GetFeedResponse | None:
        async with room:
            call = begin(ring, viewer_id)
            if viewer_id in given_up:
                asyncio.get_running_loop().call_later(after_s[viewer_id], call.cancel)
            try:
                return await call
            except asyncio.CancelledError:
                assert viewer_id in given_up
                return None

    viewers = range(1, CALLS + 1)
    pages = dict(zip(viewers, await asyncio.gather(*map(ask, viewers)), strict=True))
    for viewer_id, page in pages.items():
        if page is not None:
            assert [item.item_id for item in page.items] == own_items(viewer_id)[:10].tolist()
            assert page.receipt.origin == "ranked"
    assert sum(page is None for page in pages.values()) > CALLS / 10
    assert all(pages[viewer_id] is not None for viewer_id in set(viewers) - given_up)
    assert (ring.searching.going_on, ring.ranking.going_on) == (0, 0)
    await no_more_tasks_than(tasks)
    # Who gave up gets what is theirs the next time.
    again = await feed(ring, min(given_up))
    assert {item.item_id // LIST_ITEMS for item in again.items} == {min(given_up)}

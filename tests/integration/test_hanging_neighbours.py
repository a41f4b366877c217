"""Whoever hangs, GetFeed answers in time, with what is left, and leaves nobody waiting behind."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ann_shards.shards import Shards
from feed_assembly.get_feed import FeedAnswer
from generation.item_columns import EMBEDDING_DIM
from serving.contracts.graph import NeighbourhoodLimits
from serving.contracts.shard import PartKind, SearchPart, SearchRequest
from serving.deadline import Deadline
from serving.errors import DeadlineError
from social_graph.social_graph import SocialGraph
from tests.ann_shards.requests import everything_eligible
from tests.generation.tiny_generation import NOON_MS, write_tiny_generation
from tests.integration.whole_ring import SEAMS, WholeRing
from tests.virtual_time import run_virtually

BUDGET_MS = 150.0
LATE_MS = 10.0
"""How much later than its deadline an answer may be."""

REASONS = {
    "read session": ["state_unavailable", "blocks_unknown"],
    "write session": ["state_unavailable"],
    "read viewer state": ["viewer_state_unavailable"],
    "neighbourhood": [
        "neighbourhood_unavailable",
        "source_missing:in_network",
        "source_missing:friends_liked",
    ],
    "relations": ["blocks_unknown"],
    "search one shard": ["shard_unavailable"],
    "search all shards": ["coverage_below_half"],
    "rank": ["ranking_late"],
    "deliver": ["ranking_late"],
}
FLOOR = {"read session", "search all shards", "rank", "deliver"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


async def hang(*_: Any, **__: Any) -> Any:
    await asyncio.get_running_loop().create_future()


async def timed(ring: WholeRing) -> tuple[FeedAnswer, float]:
    """An answer, and the milliseconds it took."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    answer = await ring.answer(Deadline.after_ms(BUDGET_MS, loop.time))
    return answer, (loop.time() - began_s) * 1_000


def test_a_whole_ring_answers_at_once_and_says_nothing(folder: Path) -> None:
    answer, took_ms = run_virtually(timed(WholeRing(folder)))
    assert answer.page.receipt.degraded_reasons == []
    assert answer.page.receipt.origin == "ranked"
    assert took_ms == 0


@pytest.mark.parametrize("seam", SEAMS)
def test_an_answer_comes_in_time_whoever_hangs(folder: Path, seam: str) -> None:
    async def work() -> tuple[FeedAnswer, float, set[str]]:
        ring = WholeRing(folder)
        ring.replace(seam, hang)
        answer, took_ms = await timed(ring)
        await asyncio.sleep(0)  # those who were cancelled end
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return answer, took_ms, {task.get_name() for task in others}

    answer, took_ms, left_over = run_virtually(work())
    receipt = answer.page.receipt
    assert took_ms <= BUDGET_MS + LATE_MS
    assert len(answer.page) > 0
    assert receipt.origin == ("floor" if seam in FLOOR else "ranked")
    assert receipt.degraded_reasons == REASONS[seam]
    # The one task that writes sessions is shared; stores bound their calls themselves.
    assert left_over <= {"session-writer"}


@pytest.mark.parametrize("seam", SEAMS)
def test_whoever_hangs_leaves_nobody_behind_who_gives_up(folder: Path, seam: str) -> None:
    async def work() -> set[str]:
        ring = WholeRing(folder)
        ring.replace(seam, hang)
        call = asyncio.create_task(timed(ring))
        for _ in range(100):  # until it hangs
            await asyncio.sleep(0)
        assert not call.done()
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
        for _ in range(3):  # what it began ends behind it
            await asyncio.sleep(0)
        return {task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}}

    assert run_virtually(work()) <= {"session-writer"}


class Stuck:
    """A shard, an executor whose jobs never end, and records of a graph that are never read.

    Attributes:
        number, dim: As of a shard.
        lag_messages: As of what keeps a graph fresh.
    """

    number = 0
    dim = EMBEDDING_DIM
    lag_messages = 0
    run = read = staticmethod(hang)

    def judged(self, _question: object) -> None:
        """What of the shard may be found."""

    def compared(self, _question: object, _judged: object) -> int:
        return 1 << 40


def a_search(deadline: Deadline) -> Awaitable[object]:
    stuck: Any = Stuck()
    request = SearchRequest("tiny", everything_eligible(), [SearchPart(PartKind.FRESH, 3)])
    return Shards("tiny", [stuck], stuck, stuck).search(request, deadline)


def a_neighbourhood(deadline: Deadline) -> Awaitable[object]:
    return a_graph().neighbourhood("tiny", 1, NOON_MS, NeighbourhoodLimits(), deadline)


def some_relations(deadline: Deadline) -> Awaitable[object]:
    return a_graph().relations("tiny", 1, np.array([10], np.int64), deadline)


def a_graph() -> SocialGraph:
    stuck: Any = Stuck()
    return SocialGraph("tiny", stuck, stuck, stuck, stuck, authors_are_viewers=True)


@pytest.mark.parametrize("ask", [a_search, a_neighbourhood, some_relations])
def test_a_service_says_in_time_that_what_it_asked_hangs(
    ask: Callable[[Deadline], Awaitable[object]],
) -> None:
    async def work() -> float:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        with pytest.raises(DeadlineError):
            await ask(Deadline.after_ms(BUDGET_MS, loop.time))
        return (loop.time() - began_s) * 1_000

    assert run_virtually(work()) == pytest.approx(BUDGET_MS)

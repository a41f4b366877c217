"""All shards of one process behind the one interface that candidate_gen knows."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from ann_shards.question import Question
from ann_shards.request_checks import check_lookup, check_search
from ann_shards.shard import Shard
from ann_shards.shard_streams import ShardStreams
from generation.vector_index import Nearest
from serving.contracts.shard import Columns, Ids, SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.errors import DeadlineError, PreconditionError
from serving.native_executor import NativeExecutor

MAX_COMPARED_ON_LOOP = 100_000
"""Vectors that a shard may look at without leaving the event loop, which they hold for up to five
milliseconds. A thread takes longer, not less: it wants the interpreter back after each of some
fifty steps, and while the loop is busy waits for it each time. Beside a loop that never rests a
search of 1.5 ms took 30."""

Step = TypeVar("Step")

MIN_SEARCH_MS = 1.0
"""With less left nobody would wait for the answer."""


class Shards:
    """Implements `serving.contracts.shard.ShardClient`."""

    def __init__(
        self,
        generation: str,
        shards: Sequence[Shard],
        streams: ShardStreams,
        executor: NativeExecutor | None = None,
    ) -> None:
        """`executor` runs long index searches; without one they run on the event loop."""
        self.generation = generation
        self._executor = executor
        self._shards = shards
        self._streams = streams

    @property
    def shard_numbers(self) -> list[int]:
        return [shard.number for shard in self._shards]

    @property
    def failure(self) -> Exception | None:
        """Why the shards no longer follow the bus, if they do not."""
        return self._streams.failure

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until everything on the bus at the call is applied; False when that took longer."""
        return await self._streams.caught_up(timeout_s)

    async def run(self) -> None:
        """See `ShardStreams.run`."""
        await self._streams.run()

    async def start(self) -> bool:
        """Follow the bus. Returns whether all items published so far are in already.

        Counters may still be behind: how far is in every answer.
        """
        return await self._streams.start()

    async def close(self) -> None:
        await self._streams.close()

    @property
    def dim(self) -> int:
        """Width of vectors."""
        return self._shards[0].dim

    async def search(
        self, request: SearchRequest, deadline: Deadline, *, only: Sequence[int] | None = None
    ) -> list[ShardAnswer]:
        """See `ShardClient.search`; `only` names the shards to ask, where not all are wanted."""
        self._check_generation(request.generation)
        check_search(request, self.dim)
        deadline.require(MIN_SEARCH_MS)
        question = Question(request)
        wanted = [shard for shard in self._shards if only is None or shard.number in only]
        limit_s = deadline.remaining_s()
        try:
            async with asyncio.timeout(limit_s):
                return await self._answers(wanted, question)
        except TimeoutError as error:
            raise DeadlineError(f"not searched within {limit_s * 1_000:.1f} ms") from error

    async def lookup(
        self, generation: str, item_ids: Ids, now_ms: int, deadline: Deadline
    ) -> Columns:
        """See `ShardClient.lookup`."""
        self._check_generation(generation)
        check_lookup(item_ids, now_ms)
        deadline.require(MIN_SEARCH_MS)
        return _stacked([shard.lookup(item_ids, now_ms) for shard in self._shards])

    async def _answers(self, shards: Sequence[Shard], question: Question) -> list[ShardAnswer]:
        """Each shard holds the loop by itself; long searches leave it, all of them as one job."""
        judged = [(shard, shard.judged(question)) async for shard in _yielding(shards)]
        if self._executor is None or all(
            shard.compared(question, each) <= MAX_COMPARED_ON_LOOP for shard, each in judged
        ):
            return [shard.search(question, each) async for shard, each in _yielding(judged)]

        def search_all() -> list[Nearest]:
            return [shard.nearest(question, each) for shard, each in judged]

        searched = list(zip(judged, await self._executor.run(search_all), strict=True))
        return [
            shard.answer(question, each, nearest)
            async for (shard, each), nearest in _yielding(searched)
        ]

    def _check_generation(self, generation: str) -> None:
        if generation != self.generation:
            raise PreconditionError(f"holds generation {self.generation}, not {generation!r}")


async def _yielding(steps: Sequence[Step]) -> AsyncIterator[Step]:
    """One after the other; others may have the loop in between."""
    for place, step in enumerate(steps):
        if place:
            await asyncio.sleep(0)
        yield step


def _stacked(parts: Sequence[Columns]) -> Mapping[str, np.ndarray]:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

"""The social graph of one generation: checks requests, answers them, and follows the bus."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from serving.contracts.graph import (
    MAX_RELATIONS,
    Ids,
    Neighbourhood,
    NeighbourhoodLimits,
    Relations,
)
from serving.deadline import Deadline
from serving.errors import DeadlineError, InvalidRequestError, PreconditionError
from serving.state.state_store import StateStore
from social_graph.graph_base import GraphBase
from social_graph.graph_records import GraphRecords
from social_graph.graph_updater import GraphUpdater
from social_graph.neighbourhood import read_neighbourhood
from social_graph.relations import read_relations

MIN_BUDGET_MS = 1.0
MAX_LIST = 2_000
CATCH_UP_S = 5.0

Answer = TypeVar("Answer")


class SocialGraph:
    """Implements `serving.contracts.graph.GraphClient`."""

    def __init__(
        self,
        generation: str,
        base: GraphBase,
        overlay: StateStore,
        records: GraphRecords,
        updater: GraphUpdater,
        *,
        authors_are_viewers: bool,
    ) -> None:
        """Takes over `base` and `overlay`: `close` closes them."""
        self.generation = generation
        self._base = base
        self._overlay = overlay
        self._records = records
        self._updater = updater
        self._authors_are_viewers = authors_are_viewers

    async def neighbourhood(
        self,
        generation: str,
        viewer_id: int,
        now_ms: int,
        limits: NeighbourhoodLimits,
        deadline: Deadline,
    ) -> Neighbourhood:
        """See `GraphClient.neighbourhood`."""
        del now_ms  # positives are bounded by their number, not by their age
        self._check(generation, viewer_id, deadline)
        for name in ("followed", "friends", "groups", "friends_liked"):
            limit = getattr(limits, name)
            if not 0 <= limit <= MAX_LIST:
                raise InvalidRequestError(f"max_{name}", f"{limit} is outside [0, {MAX_LIST}]")
        return await _within(
            deadline,
            read_neighbourhood(
                self._records,
                viewer_id,
                limits,
                authors_are_viewers=self._authors_are_viewers,
                bus_lag_messages=self._updater.lag_messages,
            ),
        )

    async def relations(
        self, generation: str, viewer_id: int, author_ids: Ids, deadline: Deadline
    ) -> Relations:
        """See `GraphClient.relations`."""
        self._check(generation, viewer_id, deadline)
        if len(author_ids) > MAX_RELATIONS:
            raise InvalidRequestError(
                "author_ids", f"{len(author_ids)} ids, at most {MAX_RELATIONS}"
            )
        return await _within(
            deadline,
            read_relations(
                self._records,
                viewer_id,
                author_ids,
                authors_are_viewers=self._authors_are_viewers,
            ),
        )

    async def start(self) -> bool:
        """Follow the bus. Returns whether all published so far was applied in `CATCH_UP_S`."""
        self._updater.start()
        return await self._updater.caught_up(CATCH_UP_S)

    async def run(self) -> None:
        """See `GraphUpdater.run`; ends, too, where the overlay is found to be damaged."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._updater.run())
            tasks.create_task(self._overlay.until_damaged())

    async def caught_up(self, timeout_s: float) -> bool:
        """See `GraphUpdater.caught_up`."""
        return await self._updater.caught_up(timeout_s)

    async def close(self) -> None:
        await self._updater.close()
        await self._overlay.close()
        self._base.close()

    def _check(self, generation: str, viewer_id: int, deadline: Deadline) -> None:
        if generation != self.generation:
            raise PreconditionError(
                f"generation {generation} is not held here, only {self.generation}"
            )
        if viewer_id < 0:
            raise InvalidRequestError("viewer_id", f"{viewer_id} is negative")
        deadline.require(MIN_BUDGET_MS)


async def _within(deadline: Deadline, answer: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(deadline.remaining_s()):
            return await answer
    except TimeoutError:
        raise DeadlineError("the graph was not read in time") from None

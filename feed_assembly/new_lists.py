"""Asks candidate_gen for a new ranked list and waits for it to come over the bus."""

import asyncio
from typing import Any

import numpy as np

from feed_assembly.awaited_lists import Arrival, AwaitedLists, Wanted
from feed_assembly.content.content import Content
from feed_assembly.feed_request import FeedRequest
from feed_assembly.session.session import SessionRecord
from serving.contracts.candidates import CandidateClient, GenerateRequest
from serving.contracts.rank import RankedList, RankReply
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.errors import DeadlineError
from serving.serving_loop import set_urgent
from serving.tracing.span import CURRENT

MIN_BUDGET_MS = 8.0
"""With less no new list can be made, and asking for one would only cost others their time."""

RECEIPT_GRACE_MS = 5.0
"""The list often overtakes the reply; the reply's receipt knows a little more."""

MAX_EXCLUDED_DELETED = 1_000
"""Deletions told with a request; the shards learn of all of them from the bus in seconds."""


class NewLists:
    """Makes new lists for one replica."""

    def __init__(
        self,
        candidates: CandidateClient,
        awaited: AwaitedLists,
        content: Content,
        reply_partition: int,
    ) -> None:
        """`reply_partition`: the one of `ranked-lists` that this replica reads."""
        self._candidates = candidates
        self._awaited = awaited
        self._content = content
        self._reply_partition = reply_partition

    async def make(
        self,
        request: FeedRequest,
        wanted: Wanted,
        record: SessionRecord,
        served_since_ms: int,
        now_ms: int,
        rung: Rung,
        deadline: Deadline,
    ) -> tuple[RankedList, Receipt]:
        """A new list and its receipt.

        Args:
            served_since_ms: Items served then or later are excluded.

        Raises:
            DeadlineError: nothing came in time.
            FeedError: candidate_gen failed; see `CandidateClient.generate`.
        """
        deadline.require(MIN_BUDGET_MS)
        question = self._question(request, wanted, record, served_since_ms, now_ms, rung)
        with self._awaited.expect(wanted) as arrival:
            call = asyncio.create_task(self._candidates.generate(question, deadline))
            # Once the list has come, or no time is left for it, little remains to be done for the
            # caller: that goes first, and then there is one call fewer to share the loop with.
            set_urgent(True)
            try:
                ranked, receipt = await _answer(call, arrival, deadline)
            finally:
                await _end(call)
        span = CURRENT.get()
        if span is not None and ranked.traceparent:
            span.record_delivery("deliver ranked-lists", ranked.traceparent)
        return ranked, receipt

    def _question(
        self,
        request: FeedRequest,
        wanted: Wanted,
        record: SessionRecord,
        served_since_ms: int,
        now_ms: int,
        rung: Rung,
    ) -> GenerateRequest:
        excluded = (
            record.hidden_items.ids,
            record.served.item_ids_since(served_since_ms),
            self._content.latest_deleted(MAX_EXCLUDED_DELETED),
        )
        return GenerateRequest(
            request_id=wanted.request_id,
            viewer_id=wanted.viewer_id,
            reply_partition=self._reply_partition,
            revocation_version=record.revocation_version,
            now_ms=now_ms,
            surface=request.surface,
            device=request.device,
            region=request.region,
            language=request.language,
            utc_offset_minutes=request.utc_offset_minutes,
            excluded_item_ids=np.unique(np.concatenate(excluded)),
            excluded_author_ids=record.excluded_author_ids,
            unfollowed_author_ids=np.unique(record.unfollowed_authors.ids),
            left_group_ids=np.unique(record.left_groups.ids),
            rung=rung,
        )


async def _answer(
    call: "asyncio.Task[RankReply]", arrival: Arrival, deadline: Deadline
) -> tuple[RankedList, Receipt]:
    either: list[asyncio.Future[Any]] = [call, arrival]
    await asyncio.wait(either, timeout=deadline.remaining_s(), return_when=asyncio.FIRST_COMPLETED)
    if call.done() and not arrival.done():
        reply = call.result()
        if reply.ranked_list is not None:
            # Given up, it would be a second one when it comes late over the bus.
            arrival.set_result(reply.ranked_list)
            return reply.ranked_list, reply.receipt
        await asyncio.wait({arrival}, timeout=deadline.remaining_s())
    elif arrival.done() and not call.done():
        await asyncio.wait({call}, timeout=deadline.at_most(RECEIPT_GRACE_MS).remaining_s())
    if not arrival.done():
        raise DeadlineError("no ranked list came in time")
    ranked = arrival.result()
    replied = call.done() and call.exception() is None
    return ranked, call.result().receipt if replied else ranked.receipt


async def _end(call: "asyncio.Task[RankReply]") -> None:
    """Nobody waits for the call any more: stop its work and take its last word."""
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)

"""First pages of new lists."""

import secrets

import numpy as np
import structlog

from feed_assembly.awaited_lists import Wanted
from feed_assembly.base_blocks import BaseBlocks
from feed_assembly.degraded_reasons import (
    BLOCKS_UNKNOWN,
    COVERAGE_BELOW_HALF,
    NOTHING_RANKED,
    RANKING_FAILED,
    RANKING_LATE,
    RANKING_REFUSED,
)
from feed_assembly.feed_call import FeedCall
from feed_assembly.feed_page import FeedPage
from feed_assembly.list_quality import is_showable
from feed_assembly.new_lists import NewLists
from feed_assembly.pages import Pages
from feed_assembly.session.session import SessionRecord
from feed_assembly.stored_feed import feed_of
from serving.contracts.rank import RankedList
from serving.contracts.receipt import Receipt
from serving.ending import Ending, set_ending
from serving.errors import (
    CoverageError,
    DeadlineError,
    FeedError,
    NotFoundError,
    OverloadedError,
)
from serving.serving_loop import stand_back
from serving.stage_clock import StageClock

ASSEMBLY_RESERVE_MS = 6.0
"""Kept of the deadline for what comes after the list: noting, content, signing."""

ASSEMBLY_RESERVE = 0.04
"""Share of the deadline that is kept where that is more: who can wait for long loses nothing by it,
and on a machine where processes start a step may have to wait for a processor."""

log = structlog.get_logger()


class NewFeeds:
    """Turns new lists into feeds."""

    def __init__(self, new_lists: NewLists, pages: Pages, blocks: BaseBlocks) -> None:
        self._new_lists = new_lists
        self._blocks = blocks
        self._pages = pages

    async def first_page(
        self, call: FeedCall, known: SessionRecord, clock: StageClock
    ) -> FeedPage | None:
        """The first page of a new list; `None`, with a reason in `call`, when there is none.

        Args:
            known: The viewer's record as it was read for this call.
        """
        wanted = Wanted(
            call.viewer_id,
            call.request.request_id or secrets.token_hex(16),
            secrets.token_hex(16),
            call.request.context,
            call.scroll_started_ms,
        )
        with clock.stage("new_list", 1) as passed:
            made = await self._list(call, known, wanted)
            passed.append(made[0].list_size if made else 0)
        if made is None:
            await stand_back()  # what there is instead is work as that of other calls
            return None
        ranked, receipt = made
        feed, features = feed_of(ranked, receipt, wanted), ranked.features
        if BLOCKS_UNKNOWN in receipt.degraded_reasons:
            blocked = self._blocks.author_ids(call.viewer_id)
            feed, features = feed.only(~np.isin(feed.author_ids, blocked)), None
        page = await self._pages.from_new(call, known, feed, features)
        if page is None:
            call.degrade(NOTHING_RANKED)
        return page

    async def _list(
        self, call: FeedCall, known: SessionRecord, wanted: Wanted
    ) -> tuple[RankedList, Receipt] | None:
        reserve_ms = max(ASSEMBLY_RESERVE_MS, ASSEMBLY_RESERVE * call.deadline.remaining_ms())
        deadline = call.deadline.earlier_by(reserve_ms)
        try:
            ranked, receipt = await self._new_lists.make(
                call.request, wanted, known, call.served_since_ms, call.now_ms, call.rung, deadline
            )
        except NotFoundError:  # the viewer has come to the end: nothing failed
            call.degrade(NOTHING_RANKED)
            return None
        except FeedError as error:
            log.warning("no new list", cause=str(error))
            is_refusal = isinstance(error, OverloadedError)
            set_ending(Ending.TURNED_AWAY if is_refusal else Ending.CUT_SHORT)
            call.degrade(_why(error))
            return None
        except Exception:  # in one process with us, a neighbour's bug must not be ours
            log.exception("no new list")
            set_ending(Ending.CUT_SHORT)
            call.degrade(RANKING_FAILED)
            return None
        if not is_showable(receipt):
            set_ending(Ending.CUT_SHORT)
            call.degrade(COVERAGE_BELOW_HALF)
            return None
        return ranked, receipt


def _why(error: FeedError) -> str:
    if isinstance(error, CoverageError):
        return COVERAGE_BELOW_HALF
    if isinstance(error, OverloadedError):
        return RANKING_REFUSED
    return RANKING_LATE if isinstance(error, DeadlineError) else RANKING_FAILED

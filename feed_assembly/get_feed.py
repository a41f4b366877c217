"""Answers `GetFeed`: a repeat, the next slice of a feed, a new ranking, or what is left."""

import time
from dataclasses import dataclass

import structlog

from feed_assembly.degraded_reasons import BLOCKS_UNKNOWN, STATE_UNAVAILABLE
from feed_assembly.feed_call import FeedCall
from feed_assembly.feed_page import FeedPage
from feed_assembly.feed_request import FeedRequest, checked
from feed_assembly.floor_pages import FloorPages
from feed_assembly.new_feeds import NewFeeds
from feed_assembly.page_cut import stored_feeds
from feed_assembly.page_token import PageTokens
from feed_assembly.pages import Pages
from feed_assembly.presenter import Presenter
from feed_assembly.served_records import ServedRecords
from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_store import SessionStore
from feed_assembly.stored_feed import StoredFeed
from serving.clock import DAY_MS, Clock
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.errors import StateUnavailableError
from serving.metrics import DEGRADED, DEGRADED_FEEDS, FEEDS, STORED_FEED_LOOKUPS
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock
from serving.switches.switches import SwitchBoard

FRESH_MS = 60_000
"""A stored feed is gone on with for so long, unless the viewer liked something since."""

LEFT_OVER_MS = 3 * DAY_MS
"""A stored feed older than this is not shown even where there is nothing else: it must be gone long
before sessions forget what was hidden and unfollowed since (`KEPT_MS_OF`)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """A page, and its items as `Presenter` writes them."""

    page: FeedPage
    items: bytes


@dataclass(frozen=True, slots=True)
class FeedSources:
    """Where pages come from."""

    pages: Pages
    new_feeds: NewFeeds
    floor: FloorPages


class GetFeed:
    """The call's domain; one per process."""

    def __init__(
        self,
        generation: str,
        sessions: SessionStore,
        sources: FeedSources,
        presenter: Presenter,
        tokens: PageTokens,
        served_records: ServedRecords,
        clock: Clock,
        metrics: Metrics,
        switches: SwitchBoard,
    ) -> None:
        """Nine parts, as here is where a page comes together; none is optional."""
        self._generation = generation
        self._sessions = sessions
        self._pages = sources.pages
        self._new_feeds = sources.new_feeds
        self._floor = sources.floor
        self._presenter = presenter
        self._tokens = tokens
        self._served_records = served_records
        self._clock = clock
        self._metrics = metrics
        self._switches = switches

    async def get_feed(self, request: FeedRequest, deadline: Deadline) -> FeedAnswer:
        """One page of a viewer's feed.

        Raises:
            InvalidRequestError: names field, value and limit.
        """
        started_s = time.perf_counter()
        call = self._call(request, deadline)
        stages = Receipt()
        clock = StageClock(stages, self._metrics)
        page = await self._page(call, clock)
        with clock.stage("content", len(page)):
            items = self._presenter.items(call.viewer_id, request.region, page)
        receipt = page.receipt
        # In the order they ended: the session was read first, the others ended after the ranking.
        receipt.stages = [*stages.stages[:1], *receipt.stages, *stages.stages[1:]]
        for reason in call.reasons:
            receipt.degrade(reason)
        receipt.total_ms = (time.perf_counter() - started_s) * 1_000
        self._count(receipt)
        if len(page) and receipt.origin != "repeat":
            self._served_records.add(call.viewer_id, request, page, call.now_ms)
        return FeedAnswer(page, items)

    def _call(self, request: FeedRequest, deadline: Deadline) -> FeedCall:
        viewer_id = checked(request)
        clock_ms = self._clock.now_ms()
        now_ms = clock_ms if request.as_of_ms is None else request.as_of_ms
        token = None
        if request.page_token:
            token = self._tokens.read(request.page_token, viewer_id, clock_ms)
        rung = max(request.rung, self._switches.now.rung)
        reasons = [] if rung == Rung.FULL else [rung.reason]
        return FeedCall(request, viewer_id, now_ms, clock_ms, token, deadline, rung, reasons)

    async def _page(self, call: FeedCall, clock: StageClock) -> FeedPage:
        try:
            with clock.stage("session", 1):
                remaining_s = call.deadline.remaining_s()
                call.session = await self._sessions.find(call.viewer_id, remaining_s)
                record = call.declared_lost_if_behind(call.session.record)
                repeated = self._pages.repeated(call, record)
        except (StateUnavailableError, TimeoutError) as error:
            log.warning("session not read", cause=str(error))
            call.degrade(STATE_UNAVAILABLE)
            call.degrade(BLOCKS_UNKNOWN)
            return self._floor.without_session(call, self._sessions.last_known(call.viewer_id))
        if repeated is not None:
            return repeated
        if call.rung == Rung.FLOOR:
            return await self._floor.serve(call, record)
        page = await self._continued(call, record)
        if page is None and call.rung < Rung.STORED:
            page = await self._new_feeds.first_page(call, record, clock)
        if page is None:
            page = await self._left_over(call, record)
        if page is None:
            page = await self._floor.serve(call, record)
        return page

    async def _continued(self, call: FeedCall, record: SessionRecord) -> FeedPage | None:
        """The next slice of the feed that the token or the last minute points to."""
        if call.token is not None:
            token = call.token
            return await self._pages.from_stored(call, record, token.feed_id, token.cursor, "page")
        outcome, feed = self._fresh_feed(call, record)
        self._metrics.counter(STORED_FEED_LOOKUPS, outcome).inc()
        if feed is None:
            return None
        return await self._pages.from_stored(call, record, feed.feed_id, None, "stored")

    def _fresh_feed(self, call: FeedCall, record: SessionRecord) -> tuple[str, StoredFeed | None]:
        outcome = "miss"
        for feed in stored_feeds(record):
            outcome = "stale"
            if feed.context != call.request.context or feed.is_used_up():
                continue
            is_young = 0 <= call.now_ms - feed.created_ms < FRESH_MS
            is_current = record.last_positive_ms < feed.created_ms
            if is_young and is_current and feed.generation == self._generation:
                return "hit", feed
        return outcome, None

    async def _left_over(self, call: FeedCall, record: SessionRecord) -> FeedPage | None:
        """What is unserved of any stored feed of late, those for the same context first."""
        context = call.request.context
        for feed in sorted(stored_feeds(record), key=lambda feed: feed.context != context):
            is_of_late = call.now_ms - feed.created_ms <= LEFT_OVER_MS
            if is_of_late and not feed.is_used_up():
                page = await self._pages.from_stored(call, record, feed.feed_id, None, "stored")
                if page is not None:
                    return page
        return None

    def _count(self, receipt: Receipt) -> None:
        self._metrics.counter(FEEDS, receipt.origin).inc()
        if receipt.degraded_reasons:
            self._metrics.counter(DEGRADED_FEEDS).inc()
        for reason in receipt.degraded_reasons:
            self._metrics.counter(DEGRADED, reason).inc()

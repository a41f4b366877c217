"""Serves pages: each is cut, signed, noted and remembered in one change of the session record."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import structlog

from feed_assembly.content.content import Content
from feed_assembly.degraded_reasons import STATE_UNAVAILABLE
from feed_assembly.feed_call import FeedCall
from feed_assembly.feed_page import FeedPage
from feed_assembly.list_quality import is_storable
from feed_assembly.page_cut import (
    cut_page,
    find_feed,
    noted,
    page_of,
)
from feed_assembly.page_token import PageToken, PageTokens
from feed_assembly.remembered_page import find_page, pack_page, with_page
from feed_assembly.session.revocation_version import is_same_life
from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_store import SessionStore
from feed_assembly.showable import showable
from feed_assembly.stored_feed import Cursor, StoredFeed
from serving.errors import StateUnavailableError

Made = tuple[FeedPage, SessionRecord] | None
MakePage = Callable[[SessionRecord], Made]
"""Pure: a page and the record with it noted, or `None` where there is nothing to show."""

log = structlog.get_logger()


class Pages:
    """Pages of one replica. `known` is always the record as it was read for this call."""

    def __init__(self, sessions: SessionStore, content: Content, tokens: PageTokens) -> None:
        self._sessions = sessions
        self._content = content
        self._tokens = tokens

    def repeated(self, call: FeedCall, record: SessionRecord) -> FeedPage | None:
        """The page this request id got before, less what was revoked since."""
        request_id = call.request.request_id
        found = find_page(record.remembered_pages, request_id, call.now_ms) if request_id else None
        if found is None:
            return None
        page, served_ms = found
        kept = showable(page.item_ids, page.author_ids, record, self._content, served_ms)
        receipt = page.receipt.copy()
        receipt.origin = "repeat"
        return replace(
            page,
            item_ids=page.item_ids[kept],
            author_ids=page.author_ids[kept],
            positions=page.positions[kept],
            scores=page.scores[kept],
            source_bits=page.source_bits[kept],
            receipt=receipt,
        )

    async def from_stored(
        self,
        call: FeedCall,
        known: SessionRecord,
        feed_id: str,
        cursor: Cursor | None,
        origin: str,
    ) -> FeedPage | None:
        """A page of a stored feed from `cursor` on (`None`: its first unserved place)."""

        def make(record: SessionRecord) -> Made:
            feed = find_feed(record, feed_id)
            if feed is None:
                return None
            start = feed.cursor if cursor is None else cursor
            return self._made(call, record, feed, start, origin, stored=True)

        return await self.serve(call, known, make)

    async def from_new(
        self,
        call: FeedCall,
        known: SessionRecord,
        feed: StoredFeed,
        features: npt.NDArray[np.float32] | None,
    ) -> FeedPage | None:
        """The first page of a new list, which is stored unless it is degraded."""

        def make(record: SessionRecord) -> Made:
            seen, now = feed.revocation_version, record.revocation_version
            # Revocations made in between would be known no more if the record was lost as well.
            is_whole = not seen or is_same_life(seen, now)
            stored = is_whole and is_storable(feed.receipt)
            return self._made(
                call, record, feed, feed.cursor, "ranked", stored=stored, features=features
            )

        return await self.serve(call, known, make)

    async def serve(self, call: FeedCall, known: SessionRecord, make: MakePage) -> FeedPage | None:
        """Make a page within a change of the record; without the store it is not noted."""
        page: FeedPage | None = None

        def change(record: SessionRecord) -> SessionRecord:
            nonlocal page
            record = call.declared_lost_if_behind(record)
            page = self.repeated(call, record)
            if page is not None:
                return record
            made = make(record)
            if made is None:
                return record
            page, after = made
            for reason in call.reasons:  # a repeat must tell them too
                page.receipt.degrade(reason)
            return self._remembered(call, after, page)

        try:
            remaining_s = call.deadline.remaining_s()
            await self._sessions.update(call.viewer_id, change, call.session, remaining_s)
        except (StateUnavailableError, TimeoutError) as error:
            log.warning("page not noted", cause=str(error))
            call.degrade(STATE_UNAVAILABLE)
            made = make(known)
            page = made[0] if made else None
        return page

    def signed(self, call: FeedCall, token: PageToken) -> str:
        return self._tokens.sign(call.viewer_id, token, call.clock_ms)

    def _made(
        self,
        call: FeedCall,
        record: SessionRecord,
        feed: StoredFeed,
        cursor: Cursor,
        origin: str,
        *,
        stored: bool,
        features: npt.NDArray[np.float32] | None = None,
    ) -> Made:
        served = record.served.items_since(call.served_since_ms)
        cut = cut_page(record, feed, cursor, call.request.count, self._content, served)
        if not len(cut.rows):
            return None
        receipt = feed.receipt.copy()
        receipt.origin = origin
        started_ms = min(call.scroll_started_ms, feed.scroll_started_ms)
        version = record.revocation_version
        token = PageToken(feed.feed_id, cut.next, call.floor_taken, started_ms, version)
        page = page_of(cut, receipt, self.signed(call, token), features)
        kept = cut if stored else None
        return page, noted(record, page.item_ids, call.now_ms, served, kept)

    def _remembered(self, call: FeedCall, record: SessionRecord, page: FeedPage) -> SessionRecord:
        request_id = call.request.request_id
        if not request_id:
            return record
        packed = pack_page(page, request_id, call.now_ms)
        return record.with_remembered_pages(with_page(record.remembered_pages, packed))

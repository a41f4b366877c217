"""Pages of the popular floor, for when there is no list: no answer is empty without reason."""

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed_assembly.base_blocks import BaseBlocks
from feed_assembly.content.content import Content
from feed_assembly.degraded_reasons import BLOCKS_UNKNOWN, NOTHING_LEFT
from feed_assembly.feed_call import FeedCall
from feed_assembly.feed_page import FeedPage
from feed_assembly.floor import Floor, Pool
from feed_assembly.page_cut import noted
from feed_assembly.page_token import PageToken
from feed_assembly.pages import Made, Pages
from feed_assembly.session.session import SessionRecord
from feed_assembly.showable import showable
from feed_assembly.stored_feed import START
from feed_assembly.viewer_regions import ViewerRegions
from generation.manifest import Manifest
from serving.contracts.receipt import Receipt
from serving.contracts.sources import FLOOR, SOURCE_BIT

MAX_FLOOR_TAKEN = 65_535


@dataclass(frozen=True, slots=True)
class FloorFacts:
    """What the generation knows of a viewer that matters here."""

    regions: ViewerRegions
    blocks: BaseBlocks


class FloorPages:
    """Serves the floor of the viewer's region."""

    def __init__(
        self,
        floor: Floor,
        pages: Pages,
        content: Content,
        facts: FloorFacts,
        manifest: Manifest,
    ) -> None:
        self._floor = floor
        self._pages = pages
        self._content = content
        self._regions = facts.regions
        self._blocks = facts.blocks
        self._manifest = manifest

    async def serve(self, call: FeedCall, known: SessionRecord) -> FeedPage:
        """What was neither revoked nor served; an empty page when nothing is left."""
        pool = self._floor.pool(self._regions.code(call.viewer_id, call.request.region))

        def make(record: SessionRecord) -> Made:
            served = record.served.items_since(call.served_since_ms)
            usable = self._usable(call, pool, record) & ~np.isin(pool.item_ids, list(served))
            if record.lacks_blocks(call.now_ms):
                call.degrade(BLOCKS_UNKNOWN)
            page = self._page(call, pool, pool.spread(usable, call.request.count), record)
            after = noted(record, page.item_ids, call.now_ms, served)
            return page, after

        page = await self._pages.serve(call, known, make)
        return page if page is not None else self._page(call, pool, np.empty(0, np.intp), known)

    def without_session(self, call: FeedCall, known: SessionRecord) -> FeedPage:
        """For when the session cannot be read: the token tells what was shown already.

        Args:
            known: What this process knows the viewer to have revoked.
        """
        pool = self._floor.pool(self._regions.code(call.viewer_id, call.request.region))
        usable = self._usable(call, pool, known)
        rows = pool.spread(usable, call.floor_taken + call.request.count)
        return self._page(call, pool, rows[call.floor_taken :], known)

    def _usable(self, call: FeedCall, pool: Pool, record: SessionRecord) -> npt.NDArray[np.bool_]:
        hidden = self._blocks.author_ids(call.viewer_id)
        suitable = ~np.isin(pool.author_ids, hidden)
        suitable &= ~self._content.unsuitable_for_all(pool.item_ids)
        if self._manifest.authors_are_viewers:
            suitable &= pool.author_ids != call.viewer_id
        return suitable & showable(
            pool.item_ids, pool.author_ids, record, self._content, call.now_ms
        )

    def _page(
        self, call: FeedCall, pool: Pool, rows: npt.NDArray[np.intp], record: SessionRecord
    ) -> FeedPage:
        if not len(rows):
            call.degrade(NOTHING_LEFT)
        feed_id = secrets.token_hex(16)
        taken = min(call.floor_taken + len(rows), MAX_FLOOR_TAKEN)
        told = call.token.revocation_version if call.token else 0
        version = max(told, record.revocation_version)
        token = PageToken(feed_id, START, taken, call.scroll_started_ms, version)
        return FeedPage(
            feed_id=feed_id,
            item_ids=pool.item_ids[rows],
            author_ids=pool.author_ids[rows],
            positions=np.arange(len(rows), dtype=np.int32),
            scores=pool.scores[rows],
            source_bits=np.full(len(rows), SOURCE_BIT[FLOOR], np.uint32),
            receipt=Receipt(generation=self._manifest.name, origin="floor"),
            next_page_token=self._pages.signed(call, token) if len(rows) else "",
        )

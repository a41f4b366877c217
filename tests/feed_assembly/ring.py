"""GetFeed over the tiny generation, with a candidate_gen that ranks by item id."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np

from feed_assembly.awaited_lists import AwaitedLists
from feed_assembly.base_blocks import BaseBlocks
from feed_assembly.content.content import Content
from feed_assembly.content.content_base import ContentBase
from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.feed_page import FeedPage
from feed_assembly.feed_request import FeedRequest
from feed_assembly.floor import read_floor
from feed_assembly.floor_pages import FloorFacts, FloorPages
from feed_assembly.get_feed import FeedAnswer, FeedSources, GetFeed
from feed_assembly.late_lists import LateLists
from feed_assembly.new_feeds import NewFeeds
from feed_assembly.new_lists import NewLists
from feed_assembly.page_keys import OneKey
from feed_assembly.page_token import PageTokens
from feed_assembly.pages import Pages
from feed_assembly.presenter import Presenter
from feed_assembly.session.session import RevocationChange, RevocationKind
from feed_assembly.session.session_store import SessionStore
from feed_assembly.viewer_regions import ViewerRegions
from generation.manifest import Manifest
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import LIST_SIZE, RESERVE_SIZE, RankedList, RankReply
from serving.contracts.receipt import Receipt
from serving.contracts.sources import SOURCE_BIT
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from tests.feed_assembly.memory_state import MemoryState
from tests.generation.tiny_generation import NOON_MS
from tests.serving.fixed_clock import FixedClock
from tests.serving.switches.movable_switches import MovableSwitches

GENERATION = "tiny"
VIEWER = 1
PATIENCE_MS = 2_000.0

Answer = Callable[[GenerateRequest], Awaitable[RankReply]]


def ranked_list(request: GenerateRequest, item_ids: np.ndarray, receipt: Receipt) -> RankedList:
    """Author of item `i` is `i % 8`, its score falls with its place."""
    count = len(item_ids)
    return RankedList(
        request_id=request.request_id,
        viewer_id=request.viewer_id,
        generation=GENERATION,
        revocation_version=request.revocation_version,
        created_ms=request.now_ms,
        item_ids=item_ids.astype(np.int64),
        author_ids=item_ids.astype(np.int64) % 8,
        scores=np.linspace(1, 0, count, dtype=np.float32),
        source_bits=np.full(count, SOURCE_BIT["nearest"], np.uint32),
        list_size=min(LIST_SIZE, count),
        receipt=receipt,
    )


class RankingByItemId:
    """Ranks items 1000, 1001, … less what the request excludes; sends the list by `deliver`."""

    def __init__(self, awaited: AwaitedLists, item_count: int) -> None:
        self.requests: list[GenerateRequest] = []
        self.receipt: Callable[[], Receipt] = lambda: Receipt(
            generation=GENERATION, shards_total=2, shards_answered=2
        )
        self.failure: Exception | None = None
        self.known_blocks: set[int] = set()
        self.known_hidden: set[int] = set()
        """Authors and items left out whatever the request says: graph and viewer state know too."""
        self.is_silent = False
        self.lists: list[RankedList] = []
        self._awaited = awaited
        self._item_ids = np.arange(1000, 1000 + item_count)

    async def generate(self, request: GenerateRequest, _deadline: Deadline) -> RankReply:
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        eligible = ~np.isin(self._item_ids, request.excluded_item_ids)
        eligible &= ~np.isin(self._item_ids % 8, request.excluded_author_ids)
        eligible &= ~np.isin(self._item_ids % 8, list(self.known_blocks))
        eligible &= ~np.isin(self._item_ids, list(self.known_hidden))
        ids = self._item_ids[eligible][: LIST_SIZE + RESERVE_SIZE]
        ranked = ranked_list(request, ids, self.receipt())
        self.lists.append(ranked)
        if not self.is_silent:
            self._awaited.deliver(ranked)
        return RankReply(ranked.receipt, None)


class KeptRecords:
    def __init__(self) -> None:
        self.pages: list[FeedPage] = []

    def add(self, _viewer_id: int, _request: FeedRequest, page: FeedPage, _now_ms: int) -> None:
        self.pages.append(page)


class Ring:
    """Everything one test needs, in one place."""

    def __init__(
        self, folder: Path, item_count: int = 500, state: MemoryState | None = None
    ) -> None:
        """`state`: that of another replica, to share it."""
        self.folder = folder
        self.clock = FixedClock(NOON_MS)
        self.state = state or MemoryState()
        self.sessions = SessionStore(self.state, self.clock)
        self.awaited = AwaitedLists()
        self.candidates = RankingByItemId(self.awaited, item_count)
        self.overlay = ContentOverlay()
        self.records = KeptRecords()
        self.switches = MovableSwitches()
        base = ContentBase(folder)
        self.content = Content(base, self.overlay, GENERATION)
        tokens = PageTokens(OneKey(bytes(32)))
        pages = Pages(self.sessions, self.content, tokens)
        regions, manifest = ViewerRegions.open(folder), Manifest.read(folder)
        facts = FloorFacts(regions, BaseBlocks.open(folder, manifest))
        self.floor = read_floor(folder, base)
        new_lists = NewLists(self.candidates, self.awaited, self.content, 0)
        self.new_feeds = NewFeeds(new_lists, pages, facts.blocks)
        self.late_lists = LateLists(self.sessions)
        self.get_feed = GetFeed(
            GENERATION,
            self.sessions,
            FeedSources(
                pages,
                self.new_feeds,
                FloorPages(self.floor, pages, self.content, facts, manifest),
            ),
            Presenter(self.content, regions),
            tokens,
            self.records,
            self.clock,
            Metrics(),
            self.switches,
        )

    async def answer(self, viewer_id: int | None = VIEWER, **fields: object) -> FeedAnswer:
        budget_ms = fields.pop("budget_ms", PATIENCE_MS)
        request = FeedRequest(viewer_id, **fields)  # type: ignore[arg-type]
        return await self.get_feed.get_feed(request, Deadline.after_ms(budget_ms))  # type: ignore[arg-type]

    async def page(self, viewer_id: int | None = VIEWER, **fields: object) -> FeedPage:
        return (await self.answer(viewer_id, **fields)).page

    async def revoke(self, kind: RevocationKind, target: int, *, in_force: bool = True) -> None:
        now_ms = self.clock.now_ms()
        change = RevocationChange(kind, target, now_ms, in_force)
        await self.sessions.update(VIEWER, lambda record: record.with_changes([change], now_ms))

    async def like(self) -> None:
        now_ms = self.clock.now_ms()
        await self.sessions.update(VIEWER, lambda record: record.with_positive(now_ms))

"""Opens feed_assembly for the generation in service, and what it is once open."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from feed_assembly.action import SentAction
from feed_assembly.actions import ActionLogger
from feed_assembly.assumed_impressions import AssumedImpressions
from feed_assembly.awaited_lists import AwaitedLists
from feed_assembly.base_blocks import BaseBlocks, is_graph_file
from feed_assembly.batch_result import BatchResult
from feed_assembly.bus_event_logs import BusActionLog, BusItemLog
from feed_assembly.bus_served_records import BusServedRecords
from feed_assembly.content.content import Content
from feed_assembly.content.content_base import ContentBase
from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.feed_request import FeedRequest
from feed_assembly.floor import read_floor
from feed_assembly.floor_pages import FloorFacts, FloorPages
from feed_assembly.get_feed import FeedAnswer, FeedSources, GetFeed
from feed_assembly.item_change import ItemChange
from feed_assembly.item_reader import item_reader
from feed_assembly.late_lists import LateLists
from feed_assembly.new_feeds import NewFeeds
from feed_assembly.new_lists import NewLists
from feed_assembly.page_keys import PageKeys
from feed_assembly.page_token import PageTokens
from feed_assembly.pages import Pages
from feed_assembly.presenter import Presenter
from feed_assembly.publish import ItemPublisher
from feed_assembly.ranked_list_reader import own_partition, ranked_list_reader
from feed_assembly.readers import Readers
from feed_assembly.served_records import ServedRecords
from feed_assembly.session.session_store import SessionStore
from feed_assembly.viewer_regions import ViewerRegions
from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, verify_files
from serving.bus.bus import Bus
from serving.clock import Clock
from serving.contracts.candidates import CandidateClient
from serving.deadline import Deadline
from serving.metrics import SESSIONS_RESTORED, SESSIONS_SET_ASIDE
from serving.metrics_recorder import Metrics
from serving.state.state_store import StateStore
from serving.switches.switches import EVERYTHING_ON, SwitchBoard

MAPPED = (
    layout.CONTENT_ITEMS,
    layout.CONTENT_AUTHORS,
    layout.POPULAR_FLOOR,
    layout.VIEWERS,
    layout.VOCABULARY,
)

log = structlog.get_logger()


class FeedAssembly:
    """The domain behind `FeedService`. Belongs to one event loop."""

    def __init__(
        self,
        get_feed: GetFeed,
        actions: ActionLogger,
        publisher: ItemPublisher,
        sessions: SessionStore,
        late_lists: LateLists,
        readers: Readers,
    ) -> None:
        self._get_feed = get_feed
        self._actions = actions
        self._publisher = publisher
        self._sessions = sessions
        self._late_lists = late_lists
        self._readers = readers

    async def get_feed(self, request: FeedRequest, deadline: Deadline) -> FeedAnswer:
        """See `GetFeed.get_feed`."""
        return await self._get_feed.get_feed(request, deadline)

    async def log_actions(self, actions: Sequence[SentAction], deadline: Deadline) -> BatchResult:
        """See `ActionLogger.log_actions`."""
        return await self._actions.log_actions(actions, deadline)

    async def publish_items(self, items: Sequence[ItemChange], deadline: Deadline) -> BatchResult:
        """See `ItemPublisher.publish_items`."""
        return await self._publisher.publish_items(items, deadline)

    async def start(self) -> bool:
        """Follow the bus, which must be started. Returns whether all was read in a few seconds."""
        return await self._readers.start()

    async def run(self) -> None:
        """Return never; raises what stopped a reader of the bus. For owners who watch tasks."""
        await self._readers.run()

    async def close(self) -> None:
        await self._readers.close()
        await self._late_lists.close()
        await self._sessions.close()


def open_feed_assembly(
    folder: Path,
    manifest: Manifest,
    bus: Bus,
    state: StateStore,
    candidates: CandidateClient,
    clock: Clock,
    metrics: Metrics,
    page_keys: PageKeys,
    replica: tuple[int, int] = (0, 1),
    *,
    assume_seen: bool = False,
    switches: SwitchBoard = EVERYTHING_ON,
) -> FeedAssembly:
    """Verify and map what pages are made of; `start` makes it follow the bus.

    Reads every byte of its files once, so call it from a thread where a loop is running.

    Args:
        folder: The generation's folder; `manifest` is its own.
        candidates: Local or remote, for the same generation.
        page_keys: Of page tokens, the same in all replicas.
        replica: Index of this replica, and how many there are.
        assume_seen: Whether what is served counts as seen.

    Raises:
        InvalidGenerationError: a file is missing or damaged; names it.
        ValueError: there is no such replica.
    """
    partition = own_partition(*replica)
    verify_files(folder, manifest, [*MAPPED, *filter(is_graph_file, manifest.files)])
    try:
        base, regions = ContentBase(folder), ViewerRegions.open(folder)
        floor = read_floor(folder, base)
        facts = FloorFacts(regions, BaseBlocks.open(folder, manifest))
    except (ValueError, OSError) as error:
        raise InvalidGenerationError(f"{folder}: {error}") from error
    overlay = ContentOverlay()
    content = Content(base, overlay, manifest.name)
    sessions = SessionStore(state, clock)
    metrics.follow(SESSIONS_SET_ASIDE, lambda: sessions.counters.set_aside)
    metrics.follow(SESSIONS_RESTORED, lambda: sessions.counters.restored)
    tokens = PageTokens(page_keys)
    pages = Pages(sessions, content, tokens)
    awaited = AwaitedLists()
    new_lists = NewLists(candidates, awaited, content, partition)
    new_feeds = NewFeeds(new_lists, pages, facts.blocks)
    late_lists = LateLists(sessions)
    floor_pages = FloorPages(floor, pages, content, facts, manifest)
    records: ServedRecords = BusServedRecords(bus, manifest.feature_schema)
    if assume_seen:
        records = AssumedImpressions(records, bus, content)
    get_feed = GetFeed(
        manifest.name,
        sessions,
        FeedSources(pages, new_feeds, floor_pages),
        Presenter(content, regions),
        tokens,
        records,
        clock,
        metrics,
        switches,
    )
    actions = ActionLogger(
        sessions,
        BusActionLog(bus),
        content,
        clock,
        metrics,
        authors_are_viewers=manifest.authors_are_viewers,
    )
    publisher = ItemPublisher(BusItemLog(bus, manifest.shard_count), clock)
    readers = Readers(
        item_reader(bus, manifest, overlay),
        ranked_list_reader(bus, partition, awaited, late_lists),
        metrics,
        lambda: clock.now_ms() - manifest.data_time_ms,
    )
    return FeedAssembly(get_feed, actions, publisher, sessions, late_lists, readers)

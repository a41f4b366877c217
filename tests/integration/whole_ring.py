"""GetFeed and candidate_gen together in one process, with a fake at every seam around them."""

from pathlib import Path
from typing import Any

from feed_assembly.feed_request import FeedRequest
from feed_assembly.get_feed import FeedAnswer
from serving.contracts.rank import RankReply, RankRequest
from serving.deadline import Deadline
from tests.candidate_gen.ring import a_ring
from tests.feed_assembly.ring import VIEWER, Ring, ranked_list

SEAMS = (
    "read session",
    "write session",
    "read viewer state",
    "neighbourhood",
    "relations",
    "search one shard",
    "search all shards",
    "rank",
    "deliver",
)


class WholeRing:
    """Seams answer at once, unless they are replaced."""

    def __init__(self, folder: Path, shard_count: int = 4) -> None:
        self.feed = Ring(folder)
        self.candidates = a_ring(columns={"author_id": [50, 51, 52, 53]}, shard_count=shard_count)
        self.feed.new_feeds._new_lists._candidates = self.candidates.pipeline
        self.candidates.ranker.rank = self._rank  # type: ignore[method-assign]
        self._deliver: Any = self.feed.awaited.deliver

    async def answer(self, deadline: Deadline) -> FeedAnswer:
        return await self.feed.get_feed.get_feed(FeedRequest(VIEWER), deadline)

    def replace(self, seam: str, behaviour: Any) -> None:
        """`behaviour`: called with whatever the seam is called with, and awaited."""
        ring = self.candidates
        if seam == "read session":
            self.feed.state.read = behaviour  # type: ignore[method-assign]
        elif seam == "write session":
            self.feed.state.write = behaviour  # type: ignore[method-assign]
        elif seam == "read viewer state":
            ring.viewer_states.read = behaviour  # type: ignore[method-assign]
        elif seam in ("neighbourhood", "relations"):
            setattr(ring.graph, seam, behaviour)
        elif seam == "search one shard":
            ring.shards[0].search = behaviour  # type: ignore[method-assign]
        elif seam == "search all shards":
            for shard in ring.shards:
                shard.search = behaviour  # type: ignore[method-assign]
        elif seam == "rank":
            ring.ranker.rank = behaviour  # type: ignore[method-assign]
        else:
            self._deliver = lambda _ranked: None

    async def _rank(self, request: RankRequest, _deadline: Deadline) -> RankReply:
        item_ids = request.candidates["item_id"]
        self._deliver(ranked_list(request, item_ids, request.receipt))  # type: ignore[arg-type]
        return RankReply(request.receipt, None)

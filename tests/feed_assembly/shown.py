"""What people see of items, as a page carries it."""

import numpy as np

from feed_assembly.content.content import Content
from feed_assembly.feed_page import FeedPage
from feed_assembly.presenter import Presenter
from feed_assembly.viewer_regions import ViewerRegions
from generation.vocabulary import Names
from protos import feed_pb2
from serving.contracts.receipt import Receipt


def a_page(item_ids: list[int], **columns: np.ndarray) -> FeedPage:
    count = len(item_ids)
    return FeedPage(
        feed_id="ab" * 16,
        item_ids=np.array(item_ids, np.int64),
        author_ids=columns.get("author_ids", np.full(count, -1)),
        positions=np.arange(count, dtype=np.int32),
        scores=columns.get("scores", np.zeros(count, np.float32)),
        source_bits=columns.get("source_bits", np.zeros(count, np.uint32)),
        receipt=Receipt(),
    )


def shown(content: Content, page: FeedPage, region: str = "north") -> list[feed_pb2.FeedItem]:
    regions = ViewerRegions(np.empty(0, np.int64), np.empty(0, np.int32), Names(()))
    raw = Presenter(content, regions).items(1, region, page)
    return list(feed_pb2.GetFeedResponse.FromString(raw).items)

"""Where the record of every page goes that left; it may be lost under stress, and is counted."""

from typing import Protocol

from feed_assembly.feed_page import FeedPage
from feed_assembly.feed_request import FeedRequest


class ServedRecords(Protocol):
    def add(self, viewer_id: int, request: FeedRequest, page: FeedPage, now_ms: int) -> None:
        """Keep it without waiting; never raises."""
        ...

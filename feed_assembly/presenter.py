"""Fills in what people see of a page: content, and why each item is there."""

from typing import NamedTuple

from feed_assembly.content.content import Content
from feed_assembly.content.item_content import ItemContent
from feed_assembly.feed_page import FeedPage
from feed_assembly.reasons import reason
from feed_assembly.viewer_regions import ViewerRegions


class ItemView(NamedTuple):
    """One item of a page; `reason` is a short phrase."""

    content: ItemContent
    reason: str


class Presenter:
    def __init__(self, content: Content, regions: ViewerRegions) -> None:
        self._content = content
        self._regions = regions

    def views(self, viewer_id: int, named_region: str, page: FeedPage) -> list[ItemView]:
        """One per item of the page, in its order."""
        if not len(page):
            return []
        region = self._regions.name(viewer_id, named_region)
        contents = self._content.items(page.item_ids)
        reasons = [reason(bits, region) for bits in page.source_bits.tolist()]
        return [ItemView(*view) for view in zip(contents, reasons, strict=True)]

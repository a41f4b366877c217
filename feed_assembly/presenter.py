"""Writes the items of a page for the wire: what was ranked, what people see, and why it is there.

Bytes and not objects: most of them are copied from the mapped content.
"""

from functools import lru_cache

import numpy as np

from feed_assembly.content.content import Content
from feed_assembly.content.item_content import ItemContent
from feed_assembly.feed_page import FeedPage
from feed_assembly.reasons import reason
from feed_assembly.viewer_regions import ViewerRegions
from feed_assembly.written_items import written_items
from generation.compiled import own
from protos import feed_pb2 as pb
from serving.contracts.sources import source_names

KEPT_WORDS = 4_096
"""Combinations of sources and region whose words are kept, some 100 bytes each."""


class Presenter:
    def __init__(self, content: Content, regions: ViewerRegions) -> None:
        self._content = content
        self._regions = regions

    def items(self, viewer_id: int, named_region: str, page: FeedPage) -> bytes:
        """Field `items` of a `GetFeedResponse`, one for each item of the page, in its order."""
        if not len(page):
            return b""
        region = self._regions.name(viewer_id, named_region)
        said = [_words(bits, region) for bits in page.source_bits.tolist()]
        says_content = np.zeros(len(page), np.bool_)
        for place, changed in self._content.changed(page.item_ids).items():
            said[place] += _packed(changed)
            says_content[place] = True
        items = written_items(
            own(page.item_ids),
            own(page.author_ids),
            own(page.positions),
            own(page.scores).view(np.uint32),
            np.cumsum([*map(len, said)]),
            np.frombuffer(b"".join(said), np.uint8),
            says_content,
            self._content.arrays,
        )
        return items.tobytes()


@lru_cache(KEPT_WORDS)
def _words(source_bits: int, region: str) -> bytes:
    words = pb.FeedItem(sources=source_names(source_bits), reason=reason(source_bits, region))
    return words.SerializeToString()


def _packed(content: ItemContent) -> bytes:
    message = pb.Content(
        title=content.title,
        text=content.text,
        media_url=content.media_url,
        author_name=content.author_name,
        author_avatar_url=content.author_avatar_url,
        categories=content.categories,
        created_ms=content.created_ms,
        duration_ms=content.duration_ms,
    )
    return pb.FeedItem(content=message).SerializeToString()

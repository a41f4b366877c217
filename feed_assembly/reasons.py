"""Why an item is in the feed, in words for people."""

from serving.contracts.sources import FLOOR, SOURCE_BIT

_WORDS = (
    ("friends_liked", "friends liked this"),
    ("in_network", "from someone you follow"),
    ("similar_to_liked", "similar to what you liked"),
    ("nearest", "picked for you"),
    ("category_recent", "recent in a category you like"),
    ("popular", "popular"),
    (FLOOR, "popular"),
    ("fresh", "new"),
)
"""The most personal reason first: the first whose source found the item is told."""


def reason(source_bits: int, region: str) -> str:
    """One short phrase; `region` is the viewer's, empty if unknown."""
    for source, words in _WORDS:
        if source_bits & SOURCE_BIT[source]:
            return f"popular in {region}" if words == "popular" and region else words
    return ""

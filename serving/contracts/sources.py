"""The candidate sources, in the declared order in which unused quota spills, and their bits."""

SOURCES = (
    "in_network",
    "nearest",
    "similar_to_liked",
    "friends_liked",
    "category_recent",
    "popular",
    "fresh",
)
FLOOR = "floor"
"""Not a candidate source: the popular pool that feed_assembly holds for bad times."""

SOURCE_BIT = {
    "in_network": 1,
    "nearest": 2,
    "similar_to_liked": 4,
    "friends_liked": 8,
    "category_recent": 16,
    "popular": 32,
    "fresh": 64,
    FLOOR: 128,
}
"""Sessions and the bus keep them: a new source takes the next free bit, and none is used again."""


def source_names(bits: int) -> list[str]:
    """Names of the sources whose bits are set, in the order of `SOURCE_BIT`."""
    return [name for name, bit in SOURCE_BIT.items() if bits & bit]

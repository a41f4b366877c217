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

SOURCE_BIT = {name: 1 << index for index, name in enumerate((*SOURCES, FLOOR))}


def source_names(bits: int) -> list[str]:
    """Names of the sources whose bits are set, in the order of `SOURCES`."""
    return [name for name, bit in SOURCE_BIT.items() if bits & bit]

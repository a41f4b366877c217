"""The people and groups around a viewer, and what those people liked: two reads of the store."""

import numpy as np

from generation.graph_records import Kind, key, keys_of_all, unpack
from generation.viewer_columns import MAX_POSITIVES
from serving.contracts.graph import Floats, Ids, Neighbourhood, NeighbourhoodLimits
from social_graph.graph_records import GraphRecords
from social_graph.joined_ids import id_bytes, id_bytes_of_all, joined_ids
from social_graph.people_around import most_liked, people_around

MAX_PEOPLE_ASKED = 200
"""Best friends whose positives are counted."""

OF_ALL = (Kind.GROUPS, Kind.FOLLOWS, Kind.BLOCKS, Kind.MUTES)
OF_PEOPLE = (*OF_ALL, Kind.FRIENDS, Kind.BLOCKED_BY)
"""What is read where authors are viewers."""


async def read_neighbourhood(
    records: GraphRecords,
    viewer_id: int,
    limits: NeighbourhoodLimits,
    *,
    authors_are_viewers: bool,
    bus_lag_messages: int,
) -> Neighbourhood:
    """See `GraphClient.neighbourhood`.

    People blocked either way are in no list, nor are their likes counted; those of muted people
    are not counted either.
    """
    kinds = OF_PEOPLE if authors_are_viewers else OF_ALL
    groups, *people_lists = await records.read([key(kind, viewer_id) for kind in kinds])
    follow_count, followed, affinity, friends, people = _people(*people_lists)
    liked, counts = np.empty(0, np.int64), np.empty(0, np.float32)
    if authors_are_viewers and limits.friends_liked:
        liked, counts = await _liked_by(records, people[:MAX_PEOPLE_ASKED], limits.friends_liked)
    return Neighbourhood(
        followed_ids=followed[: limits.followed],
        followed_affinity=affinity[: limits.followed],
        friend_ids=friends[: limits.friends],
        group_ids=unpack(Kind.GROUPS, groups)[0][: limits.groups],
        friends_liked_item_ids=liked,
        friends_liked_counts=counts,
        follow_count=follow_count,
        bus_lag_messages=bus_lag_messages,
    )


def _people(
    follows: bytes, blocks: bytes, mutes: bytes, friends: bytes = b"", blocked_by: bytes = b""
) -> tuple[int, Ids, Floats, Ids, Ids]:
    """How many are followed in all, and what `people_around` makes of these records."""
    followed, affinity = unpack(Kind.FOLLOWS, follows)
    lists = [
        id_bytes(Kind.FOLLOWS, follows),
        id_bytes(Kind.FRIENDS, friends),
        id_bytes(Kind.BLOCKS, blocks),
        id_bytes(Kind.BLOCKED_BY, blocked_by),
        id_bytes(Kind.MUTES, mutes),
    ]
    ids = joined_ids(lists)
    ends = np.cumsum([len(each) for each in lists]) // ids.itemsize
    return len(followed), *people_around(ids, affinity, ends)


async def _liked_by(records: GraphRecords, people: Ids, limit: int) -> tuple[Ids, Floats]:
    """Items with positives of `people`, and of how many: most first, ties by smaller id."""
    values = await records.read(keys_of_all(Kind.POSITIVES, people))
    items = joined_ids(id_bytes_of_all(Kind.POSITIVES, values, MAX_POSITIVES))
    liked: tuple[Ids, Floats] = most_liked(np.sort(items), limit)
    return liked

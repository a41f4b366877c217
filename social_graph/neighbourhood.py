"""The people and groups around a viewer, and what those people liked: two reads of the store."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from generation.graph_records import Kind, key, unpack
from generation.viewer_columns import MAX_POSITIVES
from serving.contracts.graph import Ids, Neighbourhood, NeighbourhoodLimits
from social_graph.graph_records import GraphRecords
from social_graph.joined_ids import joined_ids

MAX_PEOPLE_ASKED = 200
"""Best friends whose positives are counted."""


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
    kinds = [Kind.FOLLOWS, Kind.GROUPS, Kind.BLOCKS, Kind.MUTES]
    if authors_are_viewers:
        kinds += [Kind.FRIENDS, Kind.BLOCKED_BY]
    values = await records.read([key(kind, viewer_id) for kind in kinds])
    lists = {kind: unpack(kind, value) for kind, value in zip(kinds, values, strict=True)}
    followed, affinity = lists[Kind.FOLLOWS]
    follow_count = len(followed)
    blocked = _ids_of(lists[Kind.BLOCKS], lists.get(Kind.BLOCKED_BY, ()))
    if len(blocked):
        keep = ~np.isin(followed, blocked)
        followed, affinity = followed[keep], affinity[keep]
    friends = _ids_of(lists.get(Kind.FRIENDS, ()))
    friends = friends[~np.isin(friends, blocked)] if len(blocked) else friends
    liked = counts = np.empty(0, np.int64)
    if authors_are_viewers and limits.friends_liked:
        people = followed[np.isin(followed, friends)] if len(friends) else followed
        muted = _ids_of(lists[Kind.MUTES])
        people = people[~np.isin(people, muted)] if len(muted) else people
        liked, counts = await _liked_by(records, people[:MAX_PEOPLE_ASKED], limits.friends_liked)
    return Neighbourhood(
        followed_ids=followed[: limits.followed],
        followed_affinity=affinity[: limits.followed],
        friend_ids=friends[: limits.friends],
        group_ids=_ids_of(lists[Kind.GROUPS])[: limits.groups],
        friends_liked_item_ids=liked,
        friends_liked_counts=counts.astype(np.float32),
        follow_count=follow_count,
        bus_lag_messages=bus_lag_messages,
    )


async def _liked_by(records: GraphRecords, people: Ids, limit: int) -> tuple[Ids, Ids]:
    """Items with positives of `people`, and of how many: most first, ties by smaller id."""
    values = await records.read([key(Kind.POSITIVES, person) for person in people.tolist()])
    items = joined_ids(Kind.POSITIVES, values, MAX_POSITIVES)
    distinct, counts = np.unique(items, return_counts=True)
    best = np.argsort(-counts, kind="stable")[:limit]
    return distinct[best], counts[best]


def _ids_of(*lists: Sequence[npt.NDArray[np.int64]]) -> Ids:
    """All ids of some decoded records; a kind that was not read is an empty tuple."""
    arrays = [arrays[0] for arrays in lists if len(arrays)]
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else np.empty(0, np.int64)

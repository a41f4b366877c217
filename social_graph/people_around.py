"""Who of those around a viewer counts, and what they liked; compiled, see ADR 8."""

import numpy as np

from generation.compiled import (
    FLOAT32S,
    INT64,
    INT64S,
    MAPPED_FLOAT32S,
    MAPPED_INT64S,
    compiled,
    several,
)
from generation.sorted_ids import holds
from serving.contracts.graph import Floats, Ids


@compiled(several(INT64S, FLOAT32S, INT64S, INT64S), MAPPED_INT64S, MAPPED_FLOAT32S, INT64S)
def people_around(ids: Ids, affinity: Floats, ends: Ids) -> tuple[Ids, Floats, Ids, Ids]:
    """Leave out who is blocked either way.

    Args:
        ids: Followed (best first), friends, blocked, blocking and muted people, one list after
            another, all but the first ascending.
        affinity: Of the followed.
        ends: `int64[5]`: where in `ids` each list ends.

    Returns:
        Followed and their affinity, friends, and those whose likes count: followed who are
        friends, or all followed where there is no friend, less the muted.
    """
    blocked, blocking = ids[ends[1] : ends[2]], ids[ends[2] : ends[3]]
    muted = ids[ends[3] : ends[4]]
    followed, affinities = np.empty(ends[0], np.int64), np.empty(ends[0], np.float32)
    friends, people = np.empty(ends[1] - ends[0], np.int64), np.empty(ends[0], np.int64)
    friend_count = follow_count = people_count = 0
    for person in ids[ends[0] : ends[1]]:
        if not holds(blocked, person) and not holds(blocking, person):
            friends[friend_count] = person
            friend_count += 1
    friends = friends[:friend_count]
    for at in range(ends[0]):
        person = ids[at]
        if holds(blocked, person) or holds(blocking, person):
            continue
        followed[follow_count], affinities[follow_count] = person, affinity[at]
        follow_count += 1
        if (friend_count == 0 or holds(friends, person)) and not holds(muted, person):
            people[people_count] = person
            people_count += 1
    return (
        followed[:follow_count],
        affinities[:follow_count],
        friends,
        people[:people_count],
    )


@compiled(several(INT64S, FLOAT32S), INT64S, INT64)
def most_liked(ascending: Ids, limit: int) -> tuple[Ids, Floats]:
    """Distinct ids and how often each occurs: most first, ties by smaller id, at most `limit`.

    Args:
        ascending: With repeats.
    """
    distinct, counts = np.empty_like(ascending), np.zeros(len(ascending), np.int64)
    found = most = 0
    for at in range(len(ascending)):
        if at == 0 or ascending[at] != ascending[at - 1]:
            distinct[found] = ascending[at]
            found += 1
        counts[found - 1] += 1
        most = max(most, counts[found - 1])
    first_place = np.zeros(most + 2, np.int64)  # by how many come before those of a count
    for at in range(found):
        first_place[most - counts[at] + 1] += 1
    first_place = np.cumsum(first_place)
    size = min(limit, found)
    best, likes = np.empty(size, np.int64), np.empty(size, np.float32)
    for at in range(found):
        place = first_place[most - counts[at]]
        first_place[most - counts[at]] += 1
        if place < size:
            best[place], likes[place] = distinct[at], counts[at]
    return best, likes

"""How a viewer stands to many authors at once: two reads, then one pass over what was read."""

import numpy as np
import numpy.typing as npt

from generation.compiled import (
    FLOAT32S,
    INT64S,
    MAPPED_FLOAT32S,
    MAPPED_INT64S,
    UINT8S,
    compiled,
    own,
    several,
)
from generation.graph_records import Kind, key, keys_of_all, unpack
from generation.id_table import NOWHERE, place_of, table_of
from serving.contracts.graph import (
    BLOCKED,
    FOLLOWS,
    FRIEND,
    MUTED,
    SECOND_DEGREE,
    Floats,
    Ids,
    Relations,
)
from social_graph.graph_records import GraphRecords
from social_graph.joined_ids import id_bytes, id_bytes_of_all, joined_ids

MAX_GO_BETWEENS = 50
"""Best followed people whose own follows are looked at."""
MAX_FOLLOWS_OF_GO_BETWEEN = 200
"""Of each of them, the best follows only: so that one who follows everybody costs no more."""

OF_ALL = {Kind.FOLLOWS: FOLLOWS, Kind.BLOCKS: BLOCKED, Kind.MUTES: MUTED}
OF_PEOPLE = {**OF_ALL, Kind.BLOCKED_BY: BLOCKED, Kind.FRIENDS: FRIEND}
"""What the viewer's own records say of those they name, where authors are viewers."""

Flags = npt.NDArray[np.uint8]


async def read_relations(
    records: GraphRecords, viewer_id: int, author_ids: Ids, *, authors_are_viewers: bool
) -> Relations:
    """See `GraphClient.relations`. Second degree counts the best follows of the best followed."""
    says = OF_PEOPLE if authors_are_viewers else OF_ALL
    values = await records.read([key(kind, viewer_id) for kind in says])
    followed, affinity = unpack(Kind.FOLLOWS, values[0])
    lists = [id_bytes(kind, value) for kind, value in zip(says, values, strict=True)]
    flags = list(says.values())
    if authors_are_viewers and len(author_ids):
        theirs = await records.read(keys_of_all(Kind.FOLLOWS, followed[:MAX_GO_BETWEENS]))
        lists += id_bytes_of_all(Kind.FOLLOWS, theirs, MAX_FOLLOWS_OF_GO_BETWEEN)
        flags += [SECOND_DEGREE] * (len(lists) - len(flags))
    ids = joined_ids(lists)
    ends = np.cumsum([len(each) for each in lists]) // ids.itemsize
    return Relations(*related(own(author_ids), ids, ends, np.array(flags, np.uint8), affinity))


@compiled(several(UINT8S, FLOAT32S), INT64S, MAPPED_INT64S, INT64S, UINT8S, MAPPED_FLOAT32S)
def related(
    author_ids: Ids, ids: Ids, ends: Ids, flag_of: Flags, affinity: Floats
) -> tuple[Flags, Floats]:
    """What lists of people say about authors.

    Args:
        ids: The lists one after another, the followed first.
        ends: Where in `ids` each list ends.
        flag_of: What each list says.
        affinity: Of the followed.

    Returns:
        Flags and affinity of every author; see `Relations`.
    """
    flags, affinity_of = np.zeros(len(author_ids), np.uint8), np.zeros(len(author_ids), np.float32)
    table = table_of(author_ids)
    at = 0
    for number in range(len(ends)):
        while at < ends[number]:
            place = place_of(table, author_ids, ids[at])
            if place != NOWHERE:
                flags[place] |= flag_of[number]
                if number == 0:
                    affinity_of[place] = affinity[at]
            at += 1
    for author in range(len(author_ids)):  # what is said of a repeated one stands at the first
        first = place_of(table, author_ids, author_ids[author])
        flags[author], affinity_of[author] = flags[first], affinity_of[first]
    return flags, affinity_of

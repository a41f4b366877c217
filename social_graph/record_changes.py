"""What one action changes in the records of the graph. Pure: records in, records out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.graph_records import MAX_NEGATIVES, Kind, key, pack, unpack
from generation.viewer_columns import MAX_POSITIVES
from social_graph.graph_action import (
    NEGATIVE_KINDS,
    ON_AUTHORS,
    ON_ITEMS,
    POSITIVE_KINDS,
    GraphAction,
)

Ids = npt.NDArray[np.int64]
Records = dict[bytes, bytes]
"""Key -> value of `generation.graph_records`; empty where there is no record."""

NEW_FOLLOW_AFFINITY = 0.0
"""Until the next build counts what the viewer liked of the author."""

_SETS = {
    "mute": (Kind.MUTES, True),
    "unmute": (Kind.MUTES, False),
    "join": (Kind.GROUPS, True),
    "leave": (Kind.GROUPS, False),
}


def keys_of(action: GraphAction, *, authors_are_viewers: bool) -> list[bytes]:
    """Keys of the records that `apply` may read or change."""
    viewer, target = action.viewer_id, action.target_id
    if action.kind in ("follow", "unfollow"):
        people = [viewer, target] if authors_are_viewers else []
        follows = people or [viewer]
        return [key(Kind.FOLLOWS, each) for each in follows] + [
            key(Kind.FRIENDS, each) for each in people
        ]
    if action.kind in ("block", "unblock"):
        mine = key(Kind.BLOCKS, viewer)
        return [mine, key(Kind.BLOCKED_BY, target)] if authors_are_viewers else [mine]
    if action.kind in ON_ITEMS:
        return [key(Kind.POSITIVES, viewer), key(Kind.NEGATIVES, viewer)]
    return [key(_SETS[action.kind][0], viewer)]


def apply(
    records: Mapping[bytes, bytes], action: GraphAction, *, authors_are_viewers: bool
) -> Records:
    """The records that `action` changes, as they are afterwards; only those that differ.

    Relations of a person to himself are dropped, as in the batch.

    Args:
        records: At least those of `keys_of(action)`.

    Raises:
        ValueError: a record is damaged.
    """
    if authors_are_viewers and action.kind in ON_AUTHORS and action.viewer_id == action.target_id:
        return {}
    changed = dict(_CHANGES[action.kind](records, action, authors_are_viewers))
    return {name: value for name, value in changed.items() if value != records[name]}


Change = Iterator[tuple[bytes, bytes]]


def _change_follow(records: Mapping[bytes, bytes], action: GraphAction, people: bool) -> Change:
    viewer, author, follows = action.viewer_id, action.target_id, action.kind == "follow"
    mine = key(Kind.FOLLOWS, viewer)
    yield mine, (_with_follow if follows else _without)(Kind.FOLLOWS, records[mine], author)
    if not people:
        return
    theirs, _affinity = unpack(Kind.FOLLOWS, records[key(Kind.FOLLOWS, author)])
    mutual = follows and bool((theirs == viewer).any())
    for person, other in ((viewer, author), (author, viewer)):
        name = key(Kind.FRIENDS, person)
        yield name, _with_member(Kind.FRIENDS, records[name], other, present=mutual)


def _change_block(records: Mapping[bytes, bytes], action: GraphAction, people: bool) -> Change:
    viewer, author, present = action.viewer_id, action.target_id, action.kind == "block"
    mine = key(Kind.BLOCKS, viewer)
    yield mine, _with_member(Kind.BLOCKS, records[mine], author, present=present)
    if people:
        theirs = key(Kind.BLOCKED_BY, author)
        yield theirs, _with_member(Kind.BLOCKED_BY, records[theirs], viewer, present=present)


def _change_set(records: Mapping[bytes, bytes], action: GraphAction, _people: bool) -> Change:
    kind, present = _SETS[action.kind]
    name = key(kind, action.viewer_id)
    yield name, _with_member(kind, records[name], action.target_id, present=present)


def _like(records: Mapping[bytes, bytes], action: GraphAction, _people: bool) -> Change:
    negatives, _times_ms = unpack(Kind.NEGATIVES, records[key(Kind.NEGATIVES, action.viewer_id)])
    if not (negatives == action.target_id).any():
        name = key(Kind.POSITIVES, action.viewer_id)
        yield name, _with_item(Kind.POSITIVES, records[name], action, MAX_POSITIVES)


def _hide(records: Mapping[bytes, bytes], action: GraphAction, people: bool) -> Change:
    yield from _withdraw(records, action, people)
    name = key(Kind.NEGATIVES, action.viewer_id)
    yield name, _with_item(Kind.NEGATIVES, records[name], action, MAX_NEGATIVES)


def _withdraw(records: Mapping[bytes, bytes], action: GraphAction, _people: bool) -> Change:
    name = key(Kind.POSITIVES, action.viewer_id)
    yield name, _without(Kind.POSITIVES, records[name], action.target_id)


_CHANGES: dict[str, Callable[[Mapping[bytes, bytes], GraphAction, bool], Change]] = {
    **dict.fromkeys(("follow", "unfollow"), _change_follow),
    **dict.fromkeys(("block", "unblock"), _change_block),
    **dict.fromkeys(_SETS, _change_set),
    **dict.fromkeys(POSITIVE_KINDS, _like),
    **dict.fromkeys(NEGATIVE_KINDS, _hide),
    "unlike": _withdraw,
}


def _with_member(kind: Kind, value: bytes, member: int, *, present: bool) -> bytes:
    (ids,) = unpack(kind, value)
    at = int(np.searchsorted(ids, member))
    found = at < len(ids) and ids[at] == member
    if found == present:
        return value
    return pack(kind, np.insert(ids, at, member) if present else np.delete(ids, at))


def _with_follow(kind: Kind, value: bytes, author: int) -> bytes:
    """Before the others of the same affinity, as whom the viewer followed last comes first."""
    authors, affinity = unpack(kind, value)
    if (authors == author).any():
        return value
    at = int(np.searchsorted(-affinity, -NEW_FOLLOW_AFFINITY))
    return pack(kind, np.insert(authors, at, author), np.insert(affinity, at, NEW_FOLLOW_AFFINITY))


def _with_item(kind: Kind, value: bytes, action: GraphAction, limit: int) -> bytes:
    """Newest first; an item once, at its latest; the oldest beyond `limit` go."""
    items, times_ms = unpack(kind, value)
    item, occurred_ms = action.target_id, action.occurred_ms
    known = items == item
    occurred_ms = max(occurred_ms, *times_ms[known].tolist()) if known.any() else occurred_ms
    items, times_ms = items[~known], times_ms[~known]
    at = int(np.searchsorted(-times_ms, -occurred_ms))
    items, times_ms = np.insert(items, at, item), np.insert(times_ms, at, occurred_ms)
    return pack(kind, items[:limit], times_ms[:limit])


def _without(kind: Kind, value: bytes, unwanted: int) -> bytes:
    arrays: tuple[npt.NDArray[Any], ...] = unpack(kind, value)
    keep = arrays[0] != unwanted
    return pack(kind, *(array[keep] for array in arrays))

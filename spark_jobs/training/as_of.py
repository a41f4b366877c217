"""Running sums as of a moment: what was known strictly before each question was asked.

Every point-in-time number of a training row is one call of `sums_before`. Events at the very time
of a question do not count for it, so no row sees itself or what happened together with it.
"""

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

CHUNK_ROWS = 2_000_000
"""Rows looked through at once."""


def sums_before(
    event_key: Longs,
    event_ms: Longs,
    amounts: Doubles,
    key: Longs,
    asked_ms: Longs,
    half_life_ms: int = 0,
) -> Doubles:
    """Sum of the amounts of events with the same key and an earlier time, aged to the question.

    Args:
        event_key, event_ms: `int64[e]`, any order.
        amounts: `float64[e, c]`, finite.
        key, asked_ms: `int64[q]`, the questions, any order.
        half_life_ms: An event counts half after this long; 0 never ages.

    Returns:
        `float64[q, c]`.
    """
    times = np.concatenate([event_ms, asked_ms])
    keys = np.concatenate([event_key, key])
    is_event = np.arange(len(times)) < len(event_ms)
    order = np.lexsort((is_event, times, keys))
    running = np.zeros((len(times), amounts.shape[1]))
    running[: len(event_ms)] = amounts
    running = running[order]
    place_in_group = _place_in_group(keys[order])
    if half_life_ms:
        gaps_ms = np.diff(times[order], prepend=0)
        kept = np.where(place_in_group > 0, np.exp2(-np.maximum(gaps_ms, 0) / half_life_ms), 0)
    else:
        kept = (place_in_group > 0).astype(np.float64)
    _scan(running, kept, place_in_group)
    asked = np.empty_like(running)
    asked[order] = running
    return asked[len(event_ms) :]


def ranges_before(
    sorted_key: Longs, sorted_ms: Longs, key: Longs, asked_ms: Longs
) -> tuple[Longs, Longs]:
    """Rows `start:end` (`int64[q]` each) of the events of a key before a time.

    Args:
        sorted_key, sorted_ms: Events ordered by (key, time).
    """
    questions = np.stack([key, asked_ms], axis=1)
    return np.searchsorted(sorted_key, key), _position_before(sorted_key, sorted_ms, questions)


def exploded(start: Longs, end: Longs) -> tuple[Longs, Longs]:
    """All rows of many ranges: `(which range, row)`, in order."""
    lengths = end - start
    which = np.repeat(np.arange(len(start)), lengths)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return which, np.repeat(start, lengths) + offset


def latest_distinct(
    next_row: Longs, until_ms: Longs, start: Longs, end: Longs, asked_ms: Longs, limit: int
) -> tuple[Longs, Longs]:
    """The latest rows of each range, one per thing, that still stood when they were asked about.

    Args:
        next_row: Row of the next event of the same thing; the number of rows if there is none.
        until_ms: When the row's event was taken back.
        start, end, asked_ms: `int64[q]`, the questions.

    Returns:
        `(which question, row)`, by question, newest first, at most `limit` of each.
    """
    found: list[tuple[Longs, Longs]] = []
    waiting, width = np.arange(len(start)), 2 * limit
    while len(waiting):
        left = []
        for chunk in np.array_split(waiting, -(-len(waiting) * width // CHUNK_ROWS)):
            low = np.maximum(start[chunk], end[chunk] - width)
            at, row = exploded(low, end[chunk])
            row = low[at] + end[chunk][at] - 1 - row
            stands = (next_row[row] >= end[chunk][at]) & (until_ms[row] >= asked_ms[chunk][at])
            at, row = at[stands], row[stands]
            enough = np.bincount(at, minlength=len(chunk)) >= limit
            settled = enough | (low == start[chunk])
            keep = settled[at] & (_place_in_group(at) < limit)
            found.append((chunk[at[keep]], row[keep]))
            left.append(chunk[~settled])
        waiting, width = np.concatenate(left), 4 * width
    which = np.concatenate([pair[0] for pair in found] or [np.empty(0, np.int64)])
    row = np.concatenate([pair[1] for pair in found] or [np.empty(0, np.int64)])
    order = np.argsort(which, kind="stable")
    return which[order], row[order]


def _place_in_group(sorted_keys: Longs) -> Longs:
    rows = np.arange(len(sorted_keys))
    starts = np.where(np.diff(sorted_keys, prepend=sorted_keys[:1] - 1) != 0, rows, 0)
    return rows - np.maximum.accumulate(starts)


def _scan(running: Doubles, kept: Doubles, place_in_group: Longs) -> None:
    """In place `running[i] += kept[i] * running[i - 1]` within each group, by doubling strides.

    The pairs added depend on the place in the group only, so partitioning never changes a bit, and
    all factors are at most 1, so nothing overflows however long the time.
    """
    longest = int(place_in_group.max(initial=0))
    stride = 1
    while stride <= longest:
        rows = np.flatnonzero(place_in_group >= stride)
        earlier = running[rows - stride]
        running[rows] += kept[rows, None] * earlier
        kept[rows] *= kept[rows - stride]
        stride *= 2


def _position_before(sorted_key: Longs, sorted_ms: Longs, questions: Longs) -> Longs:
    """How many events come before each (key, time) in the order of both."""
    keys = np.concatenate([sorted_key, questions[:, 0]])
    times = np.concatenate([sorted_ms, questions[:, 1]])
    is_event = np.arange(len(keys)) < len(sorted_key)
    order = np.lexsort((is_event, times, keys))
    counts = np.empty(len(keys), np.int64)
    counts[order] = np.cumsum(is_event[order])
    return counts[len(sorted_key) :]

"""Writes the items of a page as they go over the wire, straight from the mapped content."""

from typing import Any

import numpy as np
import numpy.typing as npt

from feed_assembly.content.content_arrays import CONTENT_ARRAYS, ContentArrays
from generation.compiled import (
    BOOLS,
    INT32S,
    INT64S,
    MAPPED_UINT8S,
    UINT8S,
    UINT32S,
    compiled,
    step,
)
from serving.wire_loops import (
    bytes_size,
    number_size,
    put_bytes,
    put_number,
    put_text,
    put_varint,
    text_size,
)

Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]

ITEM = 1 << 3 | 2
"""Tags: the number of the field and how it is written; `test_presenter.py` compares."""
ITEM_ID, AUTHOR_ID, POSITION, SCORE, CONTENT = 1 << 3, 2 << 3, 3 << 3, 4 << 3 | 5, 7 << 3 | 2
TITLE, TEXT, MEDIA_URL, AUTHOR_NAME, AUTHOR_AVATAR_URL, CATEGORY = (
    1 << 3 | 2, 2 << 3 | 2, 3 << 3 | 2, 4 << 3 | 2, 5 << 3 | 2, 6 << 3 | 2,
)  # fmt: skip
CREATED_MS, DURATION_MS = 7 << 3, 8 << 3
NO_ROW = -1


@step
def _row_of(ids: Any, wanted: int) -> int:
    row = int(np.searchsorted(ids, wanted))
    return row if row < len(ids) and ids[row] == wanted else NO_ROW


@step
def _content_size(content: Any, row: int, author_row: int) -> int:
    size = text_size(content.title_offsets, row) + text_size(content.text_offsets, row)
    size += text_size(content.media_url_offsets, row)
    if author_row != NO_ROW:
        size += text_size(content.name_offsets, author_row)
        size += text_size(content.avatar_offsets, author_row)
    for place in range(content.category_offsets[row], content.category_offsets[row + 1]):
        start, end = content.category_name_offsets[place], content.category_name_offsets[place + 1]
        size += bytes_size(end - start)
    return size + number_size(content.created_ms[row]) + number_size(content.durations_ms[row])


@step
def _put_content(out: Any, at: int, content: Any, row: int, author_row: int) -> int:
    at = put_text(out, at, TITLE, content.title_offsets, content.titles, row)
    at = put_text(out, at, TEXT, content.text_offsets, content.texts, row)
    at = put_text(out, at, MEDIA_URL, content.media_url_offsets, content.media_urls, row)
    if author_row != NO_ROW:
        at = put_text(out, at, AUTHOR_NAME, content.name_offsets, content.names, author_row)
        at = put_text(
            out, at, AUTHOR_AVATAR_URL, content.avatar_offsets, content.avatars, author_row
        )
    for place in range(content.category_offsets[row], content.category_offsets[row + 1]):
        start, end = content.category_name_offsets[place], content.category_name_offsets[place + 1]
        out[at] = CATEGORY
        at = put_varint(out, at + 1, end - start)
        at = put_bytes(out, at, content.category_names, start, end)
    at = put_number(out, at, CREATED_MS, content.created_ms[row])
    return put_number(out, at, DURATION_MS, content.durations_ms[row])


@step
def _put_score(out: Any, at: int, bits: int) -> int:
    out[at] = SCORE
    for byte in range(4):
        out[at + 1 + byte] = (bits >> (8 * byte)) & 255
    return at + 5


@compiled(UINT8S, INT64S, INT64S, INT32S, UINT32S, INT64S, MAPPED_UINT8S, BOOLS, CONTENT_ARRAYS)
def written_items(
    item_ids: Ids,
    author_ids: Ids,
    positions: npt.NDArray[np.int32],
    score_bits: npt.NDArray[np.uint32],
    said_ends: Ids,
    said: Bytes,
    says_content: npt.NDArray[np.bool_],
    content: ContentArrays,
) -> Bytes:
    """`repeated FeedItem items` of a response; arrays of one row per item but for `said`.

    Args:
        score_bits: The scores, as they lie in memory.
        said_ends, said: Fields of each item that were written already, one item after another.
        says_content: Whether its content is among them, else it is that of the generation.
    """
    count = len(item_ids)
    rows, author_rows = np.empty(count, np.int64), np.empty(count, np.int64)
    sizes, total = np.empty((count, 2), np.int64), 0
    for at in range(count):
        row = NO_ROW if says_content[at] else _row_of(content.item_ids, item_ids[at])
        author_row = NO_ROW if row == NO_ROW else _row_of(content.authors, content.author_ids[row])
        content_size = 0 if row == NO_ROW else _content_size(content, row, author_row)
        size = 5 + said_ends[at] - (said_ends[at - 1] if at else 0)
        size += number_size(item_ids[at]) + number_size(author_ids[at])
        size += number_size(int(positions[at]))
        if not says_content[at]:
            size += bytes_size(content_size)
        rows[at], author_rows[at] = row, author_row
        sizes[at, 0], sizes[at, 1] = size, content_size
        total += bytes_size(size)
    out = np.empty(total, np.uint8)
    place = 0
    for at in range(count):
        out[place] = ITEM
        place = put_varint(out, place + 1, sizes[at, 0])
        place = put_number(out, place, ITEM_ID, item_ids[at])
        place = put_number(out, place, AUTHOR_ID, author_ids[at])
        place = put_number(out, place, POSITION, int(positions[at]))
        place = _put_score(out, place, int(score_bits[at]))
        place = put_bytes(out, place, said, said_ends[at - 1] if at else 0, said_ends[at])
        if not says_content[at]:
            out[place] = CONTENT
            place = put_varint(out, place + 1, sizes[at, 1])
            if rows[at] != NO_ROW:
                place = _put_content(out, place, content, rows[at], author_rows[at])
    return out

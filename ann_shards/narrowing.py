"""From the rows that everybody of a region and language may see to those of one viewer."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ann_shards.base_items import rows_of_ids
from ann_shards.item_arrays import LIST_ARRAYS, ListArrays
from ann_shards.question import (
    EXCLUDED_AUTHORS,
    EXCLUDED_ITEMS,
    FOLLOWED,
    FRIENDS,
    GROUPS,
    QUESTION_ARRAYS,
    QuestionArrays,
)
from ann_shards.row_bits import Bits, clear_before, clear_rows, set_row
from generation import item_columns
from generation.compiled import (
    BOOLS,
    INT32S,
    INT64S,
    MAPPED_INT32S,
    MAPPED_INT64S,
    MAPPED_UINT8S,
    NOTHING,
    UINT8S,
    compiled,
    fields,
    inlined,
    step,
)
from generation.item_columns import PUBLIC
from generation.sorted_ids import holds, lower_bounds, places_of

Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


TO_FOLLOWERS, TO_FRIENDS, TO_GROUP = (
    item_columns.FOLLOWERS,
    item_columns.FRIENDS,
    item_columns.GROUP,
)
OPENED_BY = ((TO_FOLLOWERS, FOLLOWED), (TO_FRIENDS, FRIENDS), (TO_GROUP, GROUPS))
"""Visibilities, and the set of the question with the authors or groups that it is open to."""


class BaseFacts(NamedTuple):
    """What decides about the generation's rows; see `BaseItems` and `RestrictedRows`."""

    sorted_ids: Ids
    rows_by_id: Codes
    created_ms: Ids
    region: Codes
    language: Codes
    is_sensitive: npt.NDArray[np.uint8]
    restricted_keys: Ids
    restricted_rows: Ids
    restricted_ends: Ids


class NewFacts(NamedTuple):
    """What decides about the delta's slots; a slot without an item has a negative id."""

    item_id: Ids
    author_id: Ids
    group_id: Ids
    created_ms: Ids
    region: Codes
    language: Codes
    visibility: npt.NDArray[np.uint8]
    is_sensitive: npt.NDArray[np.uint8]


BASE_FACTS = fields(
    BaseFacts,
    *(MAPPED_INT64S, MAPPED_INT32S, MAPPED_INT64S, MAPPED_INT32S, MAPPED_INT32S, MAPPED_UINT8S),
    *(MAPPED_INT64S, MAPPED_INT64S, INT64S),
)
NEW_FACTS = fields(
    NewFacts, INT64S, INT64S, INT64S, INT64S, INT32S, INT32S, UINT8S, UINT8S
)  # fmt: skip


@inlined
def set_of(question: QuestionArrays, number: int) -> Ids:
    """One of the five sets of ids."""
    return question.ids[question.id_ends[number] : question.id_ends[number + 1]]


@inlined
def suits(
    question: QuestionArrays, region: int, language: int, is_sensitive: int
) -> bool:  # fmt: skip
    """Region and language suit where either side is unknown (0)."""
    return (
        (question.region == 0 or region == 0 or region == question.region)
        and (question.language == 0 or language == 0 or language == question.language)
        and (question.allow_sensitive == 1 or is_sensitive == 0)
    )


@step
def open_rows(
    bits: Bits, base: BaseFacts, kind: int, keys: Ids, hidden_rows: Rows, question: QuestionArrays
) -> None:
    """Set the rows of one visibility that `keys` (authors or groups) open to this viewer."""
    end = base.restricted_ends[kind + 1]
    closed_by = base.restricted_keys[base.restricted_ends[kind] : end]
    first = lower_bounds(closed_by, keys) + base.restricted_ends[kind]
    for number in range(len(keys)):
        at = first[number]
        while at < end and base.restricted_keys[at] == keys[number]:
            row = base.restricted_rows[at]
            at += 1
            if suits(question, base.region[row], base.language[row], base.is_sensitive[row]) and (
                len(hidden_rows) == 0 or not holds(hidden_rows, row)
            ):
                set_row(bits, row)


@compiled(NOTHING, UINT8S, BASE_FACTS, LIST_ARRAYS, INT64S, QUESTION_ARRAYS)
def narrow(
    bits: Bits, base: BaseFacts, authors: ListArrays, hidden_rows: Rows, question: QuestionArrays
) -> None:
    """Change the rows that region, language and sensitivity allow to those of the viewer.

    Args:
        bits: Changed in place.
        hidden_rows: Ascending; rows of the generation that nobody may see.
    """
    for kind, ids in OPENED_BY:
        open_rows(bits, base, kind, set_of(question, ids), hidden_rows, question)
    if question.oldest_ms > 0:
        oldest = np.full(1, question.oldest_ms, np.int64)
        clear_before(bits, lower_bounds(base.created_ms, oldest)[0])
    clear_rows(
        bits, rows_of_ids(base.sorted_ids, base.rows_by_id, set_of(question, EXCLUDED_ITEMS))
    )
    for place in places_of(authors.keys, set_of(question, EXCLUDED_AUTHORS)):
        if place >= 0:
            start, end = authors.offsets[place], authors.offsets[place + 1]
            clear_rows(bits, authors.values[start:end].astype(np.int64))


@compiled(BOOLS, NEW_FACTS, QUESTION_ARRAYS)
def new_flags(new: NewFacts, question: QuestionArrays) -> Flags:
    """Which slots of the delta the viewer may see. `bool[slots]`."""
    flags = np.zeros(len(new.item_id), np.bool_)
    followed, friends = set_of(question, FOLLOWED), set_of(question, FRIENDS)
    groups, items = set_of(question, GROUPS), set_of(question, EXCLUDED_ITEMS)
    authors = set_of(question, EXCLUDED_AUTHORS)
    for slot in range(len(flags)):
        if new.item_id[slot] < 0 or new.created_ms[slot] < question.oldest_ms:
            continue
        if not suits(question, new.region[slot], new.language[slot], new.is_sensitive[slot]):
            continue
        author, visibility = new.author_id[slot], new.visibility[slot]
        is_open = (
            visibility == PUBLIC
            or (visibility == TO_FOLLOWERS and holds(followed, author))
            or (visibility == TO_FRIENDS and holds(friends, author))
            or (visibility == TO_GROUP and holds(groups, new.group_id[slot]))
        )
        flags[slot] = is_open and not holds(items, new.item_id[slot]) and not holds(authors, author)
    return flags

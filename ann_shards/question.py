"""One request as the compiled loops of every shard read it: made once, for all shards."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32S, INT64, INT64S, compiled, fields, several
from generation.vector_index import Asked
from serving.contracts.shard import (
    KINDS_WITH_IDS,
    Floats,
    Ids,
    PartKind,
    SearchPart,
    SearchRequest,
)
from serving.errors import InvalidRequestError

FOLLOWED, FRIENDS, GROUPS, EXCLUDED_ITEMS, EXCLUDED_AUTHORS = range(5)
"""The sets of ids of a question, by number."""

NO_IDS: Ids = np.empty(0, np.int64)
NO_WEIGHTS: Floats = np.empty(0, np.float32)


class QuestionArrays(NamedTuple):
    """What loops read of a request.

    Attributes:
        allow_sensitive: 0 or 1.
        ids: The five sets of `Eligibility`, each ascending; set `s`, for example `FOLLOWED`, is
            `ids[id_ends[s]:id_ends[s + 1]]`.
        kinds, limits: By part.
        part_ids, part_weights: Of all parts, each part's ids distinct and ascending, with the
            largest weight that was given; part `p` has `part_ends[p]:part_ends[p + 1]`.
    """

    now_ms: int
    oldest_ms: int
    region: int
    language: int
    allow_sensitive: int
    ids: Ids
    id_ends: Ids
    kinds: Ids
    limits: Ids
    part_ids: Ids
    part_weights: Floats
    part_ends: Ids


QUESTION_ARRAYS = fields(
    QuestionArrays,
    *(INT64, INT64, INT64, INT64, INT64),
    *(INT64S, INT64S, INT64S, INT64S, INT64S, FLOAT32S, INT64S),
)


class Question:
    """A checked request, with its ids in order.

    Attributes:
        asked: The parts of kind VECTORS.
    """

    def __init__(self, request: SearchRequest) -> None:
        """Raises InvalidRequestError for a part that lacks ids or vectors and needs some."""
        wanted, parts = request.eligibility, request.parts
        self.request = request
        self.asked = [_asked(part) for part in parts if part.kind == PartKind.VECTORS]
        sets = [  # in the order of their numbers
            np.sort(wanted.followed_ids),
            np.sort(wanted.friend_ids),
            np.sort(wanted.group_ids),
            np.sort(wanted.excluded_item_ids),
            np.sort(wanted.excluded_author_ids),
        ]
        keys, weights = zip((NO_IDS, NO_WEIGHTS), *map(_weighted_keys, parts), strict=True)
        self.arrays = QuestionArrays(
            wanted.now_ms,
            wanted.oldest_ms,
            wanted.region,
            wanted.language,
            int(wanted.allow_sensitive),
            np.concatenate(sets),
            _ends(sets),
            np.array([part.kind for part in parts], np.int64),
            np.array([part.limit for part in parts], np.int64),
            np.concatenate(keys),
            np.concatenate(weights),
            _ends(keys[1:]),
        )


def _asked(part: SearchPart) -> Asked:
    if part.vectors is None:
        raise InvalidRequestError("part.vectors", "missing in a part of kind VECTORS")
    return Asked(part.vectors, part.limit)


def _ends(arrays: Sequence[npt.NDArray[np.int64]]) -> Ids:
    """Where each of some arrays begins in their concatenation, and where the last ends."""
    ends, total = [0], 0
    for array in arrays:
        total += len(array)
        ends.append(total)
    return np.array(ends, np.int64)


def _weighted_keys(part: SearchPart) -> tuple[Ids, Floats]:
    """Distinct ids, ascending, each with its largest weight."""
    if part.kind not in KINDS_WITH_IDS:
        return NO_IDS, NO_WEIGHTS
    if part.ids is None or part.weights is None:
        raise InvalidRequestError("part.ids", f"missing in a part of kind {part.kind.name}")
    order = np.argsort(part.ids)
    return largest_weights(part.ids[order], part.weights[order])


@compiled(several(INT64S, FLOAT32S), INT64S, FLOAT32S)
def largest_weights(ascending: Ids, weights: Floats) -> tuple[Ids, Floats]:
    """Each id once, with the largest of its weights."""
    keys, largest = np.empty_like(ascending), np.empty_like(weights)
    count = 0
    for at in range(len(ascending)):
        if count and keys[count - 1] == ascending[at]:
            largest[count - 1] = max(largest[count - 1], weights[at])
        else:
            keys[count], largest[count] = ascending[at], weights[at]
            count += 1
    return keys[:count], largest[:count]

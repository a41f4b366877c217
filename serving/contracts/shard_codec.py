"""Requests to shards and their answers on the wire."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from generation.item_columns import CANDIDATE_COLUMNS
from protos import ann_shard_pb2 as pb
from serving.column_bytes import ColumnCodec
from serving.contracts.shard import (
    MAX_PARTS,
    Columns,
    Eligibility,
    Floats,
    Ids,
    PartHits,
    PartKind,
    SearchPart,
    SearchRequest,
    ShardAnswer,
)
from serving.errors import InvalidRequestError
from serving.packed_arrays import (
    pack_floats,
    pack_ids,
    pack_int32,
    unpack_floats,
    unpack_ids,
    unpack_int32,
)

_ITEMS = ColumnCodec(CANDIDATE_COLUMNS, "items")
_SCALARS = ("viewer_id", "now_ms", "oldest_ms", "region", "language", "allow_sensitive")
_ID_SETS = (
    "followed_ids",
    "friend_ids",
    "group_ids",
    "excluded_item_ids",
    "excluded_author_ids",
)


def request_to_proto(request: SearchRequest) -> pb.SearchRequest:
    eligibility = request.eligibility
    fields: dict[str, Any] = {name: getattr(eligibility, name) for name in _SCALARS}
    fields |= {name: pack_ids(getattr(eligibility, name)) for name in _ID_SETS}
    return pb.SearchRequest(
        generation=request.generation,
        eligibility=pb.Eligibility(**fields),
        parts=[_part_to_proto(part) for part in request.parts],
        probe_share=request.probe_share,
    )


def request_from_proto(message: pb.SearchRequest, dim: int) -> SearchRequest:
    """Decode; `dim` is the width of vectors.

    Raises:
        InvalidRequestError: too many parts, an unknown kind, or bytes that do not fit.
    """
    if len(message.parts) > MAX_PARTS:
        raise InvalidRequestError("parts", f"{len(message.parts)} parts, limit {MAX_PARTS}")
    eligibility = message.eligibility
    fields: dict[str, Any] = {name: getattr(eligibility, name) for name in _SCALARS}
    for name in _ID_SETS:
        fields[name] = unpack_ids(getattr(eligibility, name), f"eligibility.{name}")
    return SearchRequest(
        generation=message.generation,
        eligibility=Eligibility(**fields),
        parts=[_part_from_proto(part, i, dim) for i, part in enumerate(message.parts)],
        probe_share=message.probe_share or 1.0,
    )


def answers_to_proto(generation: str, answers: Sequence[ShardAnswer]) -> pb.SearchResponse:
    message = pb.SearchResponse(generation=generation)
    for answer in answers:
        _fill_answer(message.shards.add(), answer)
    return message


def answers_from_proto(message: pb.SearchResponse) -> list[ShardAnswer]:
    """Raises InvalidRequestError when columns or offsets do not have the agreed form."""
    return [_answer_from_proto(shard) for shard in message.shards]


def lookup_to_proto(generation: str, item_ids: Ids, now_ms: int) -> pb.LookupRequest:
    return pb.LookupRequest(generation=generation, now_ms=now_ms, item_ids=pack_ids(item_ids))


def columns_to_proto(generation: str, columns: Columns) -> pb.LookupResponse:
    message = pb.LookupResponse(generation=generation)
    _ITEMS.encode(columns, message.items)
    return message


def columns_from_proto(message: pb.LookupResponse) -> Columns:
    """Raises InvalidRequestError when columns do not have the agreed form."""
    return _ITEMS.decode(message.items)


def _part_to_proto(part: SearchPart) -> pb.SearchPart:
    return pb.SearchPart(
        kind=pb.SearchPart.Kind.ValueType(part.kind),
        limit=part.limit,
        vectors=b"" if part.vectors is None else pack_floats(part.vectors),
        ids=b"" if part.ids is None else pack_ids(part.ids),
        weights=b"" if part.weights is None else pack_floats(part.weights),
    )


def _part_from_proto(message: pb.SearchPart, number: int, dim: int) -> SearchPart:
    field = f"parts[{number}]"
    try:
        kind = PartKind(message.kind)
    except ValueError:
        raise InvalidRequestError(f"{field}.kind", f"{message.kind} is unknown") from None
    if kind == PartKind.VECTORS:
        return SearchPart(kind, message.limit, _vectors(message.vectors, f"{field}.vectors", dim))
    return SearchPart(
        kind,
        message.limit,
        ids=unpack_ids(message.ids, f"{field}.ids"),
        weights=unpack_floats(message.weights, f"{field}.weights"),
    )


def _vectors(raw: bytes, field: str, dim: int) -> Floats:
    flat = unpack_floats(raw, field)
    if len(flat) % dim:
        raise InvalidRequestError(field, f"{len(flat)} numbers are no rows of {dim}")
    return flat.reshape(-1, dim)


def _fill_answer(message: pb.ShardHits, answer: ShardAnswer) -> None:
    message.shard = answer.shard
    _ITEMS.encode(answer.columns, message.items)
    message.hit_rows = b"".join([pack_int32(part.rows) for part in answer.parts])
    message.hit_scores = b"".join([pack_floats(part.scores) for part in answer.parts])
    offsets = accumulate((len(part.rows) for part in answer.parts), initial=0)
    message.hit_offsets = pack_int32(np.fromiter(offsets, np.int32))
    message.bus_lag_messages = answer.bus_lag_messages
    message.probed_less = answer.probed_less


def _answer_from_proto(message: pb.ShardHits) -> ShardAnswer:
    columns = _ITEMS.decode(message.items)
    rows = unpack_int32(message.hit_rows, "hit_rows")
    scores = unpack_floats(message.hit_scores, "hit_scores")
    offsets = unpack_int32(message.hit_offsets, "hit_offsets").tolist()
    item_count = message.items.row_count
    if (
        not offsets
        or offsets[0] != 0
        or offsets != sorted(offsets)
        or not len(rows) == len(scores) == offsets[-1]
        # A negative number is a large one without its sign.
        or not (rows.view(np.uint32) < item_count).all()
    ):
        raise InvalidRequestError("hit_offsets", f"hits do not fit {item_count} items")
    parts = [PartHits(rows[start:end], scores[start:end]) for start, end in pairwise(offsets)]
    return ShardAnswer(message.shard, columns, parts, message.bus_lag_messages, message.probed_less)

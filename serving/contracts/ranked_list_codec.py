"""Ranked lists on the wire: replies and messages of topic `ranked-lists`."""

import numpy as np
import numpy.typing as npt

from protos import ranker_pb2 as pb
from serving.contracts import receipt_codec
from serving.contracts.rank import RankedList
from serving.errors import InvalidRequestError
from serving.packed_arrays import (
    pack_floats,
    pack_ids,
    pack_uint32,
    unpack_floats,
    unpack_ids,
    unpack_uint32,
)

SCHEMA_VERSION = 1


def to_proto(ranked: RankedList, feature_schema: str = "") -> pb.RankedList:
    message = pb.RankedList(
        schema_version=SCHEMA_VERSION,
        request_id=ranked.request_id,
        viewer_id=ranked.viewer_id,
        generation=ranked.generation,
        revocation_version=ranked.revocation_version,
        created_ms=ranked.created_ms,
        item_ids=pack_ids(ranked.item_ids),
        author_ids=pack_ids(ranked.author_ids),
        scores=pack_floats(ranked.scores),
        source_bits=pack_uint32(ranked.source_bits),
        list_size=ranked.list_size,
        features=b"" if ranked.features is None else pack_floats(ranked.features),
        feature_schema="" if ranked.features is None else feature_schema,
    )
    receipt_codec.fill(message.receipt, ranked.receipt)
    return message


def from_proto(message: pb.RankedList) -> RankedList:
    """Decode.

    Raises:
        InvalidRequestError: another schema version, or arrays that do not fit together.
    """
    if message.schema_version != SCHEMA_VERSION:
        raise InvalidRequestError(
            "ranked_list.schema_version", f"{message.schema_version} is unknown"
        )
    item_ids = unpack_ids(message.item_ids, "ranked_list.item_ids")
    author_ids = unpack_ids(message.author_ids, "ranked_list.author_ids")
    scores = unpack_floats(message.scores, "ranked_list.scores")
    source_bits = unpack_uint32(message.source_bits, "ranked_list.source_bits")
    lengths = {len(item_ids), len(author_ids), len(scores), len(source_bits)}
    if len(lengths) != 1 or not 0 <= message.list_size <= len(item_ids):
        raise InvalidRequestError(
            "ranked_list", f"arrays of {sorted(lengths)} rows do not fit together"
        )
    return RankedList(
        request_id=message.request_id,
        viewer_id=message.viewer_id,
        generation=message.generation,
        revocation_version=message.revocation_version,
        created_ms=message.created_ms,
        item_ids=item_ids,
        author_ids=author_ids,
        scores=scores,
        source_bits=source_bits,
        list_size=message.list_size,
        receipt=receipt_codec.from_proto(message.receipt),
        features=_features(message),
        traceparent=message.traceparent,
    )


def _features(message: pb.RankedList) -> npt.NDArray[np.float32] | None:
    if not message.features:
        return None
    flat = unpack_floats(message.features, "ranked_list.features")
    if not message.list_size or len(flat) % message.list_size:
        raise InvalidRequestError(
            "ranked_list.features", f"{len(flat)} values do not form {message.list_size} rows"
        )
    return flat.reshape(message.list_size, -1)

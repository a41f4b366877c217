"""Requests to the ranker and its replies on the wire."""

from features.inputs import ContextInputs, ViewerInputs
from protos import ranker_pb2 as pb
from serving.column_bytes import ColumnCodec
from serving.contracts import ranked_list_codec, receipt_codec
from serving.contracts.rank import RankReply, RankRequest
from serving.contracts.rank_columns import (
    CONTEXT_FIELDS,
    RANK_COLUMNS,
    VIEWER_FIELDS,
    VIEWER_INPUT_COLUMNS,
)
from serving.contracts.shard import Columns
from serving.errors import InvalidRequestError

_CANDIDATES = ColumnCodec(RANK_COLUMNS, "candidates")
_VIEWER = ColumnCodec(VIEWER_INPUT_COLUMNS, "viewer")

MAX_RECEIPT_BYTES = 64 * 1024
"""Many times what stages have to say."""


def request_to_proto(request: RankRequest) -> pb.RankRequest:
    viewer = {name: getattr(request.viewer, name) for name in VIEWER_FIELDS}
    context = {name: getattr(request.context, name) for name in CONTEXT_FIELDS}
    message = pb.RankRequest(
        request_id=request.request_id,
        generation=request.generation,
        viewer_id=request.viewer_id,
        reply_partition=request.reply_partition,
        revocation_version=request.revocation_version,
        now_ms=request.now_ms,
        without_main_ranker=request.without_main_ranker,
    )
    _VIEWER.encode({**viewer, **context}, message.viewer)
    _CANDIDATES.encode(request.candidates, message.candidates)
    receipt_codec.fill(message.receipt, request.receipt)
    return message


def request_from_proto(message: pb.RankRequest) -> RankRequest:
    """Raises InvalidRequestError when columns do not have the agreed form."""
    receipt_bytes = message.receipt.ByteSize()
    if receipt_bytes > MAX_RECEIPT_BYTES:
        raise InvalidRequestError("receipt", f"{receipt_bytes} bytes, limit {MAX_RECEIPT_BYTES}")
    viewer = _VIEWER.decode(message.viewer)
    if message.viewer.row_count != 1:
        raise InvalidRequestError("viewer.row_count", f"{message.viewer.row_count}, must be 1")
    return RankRequest(
        request_id=message.request_id,
        generation=message.generation,
        viewer_id=message.viewer_id,
        reply_partition=message.reply_partition,
        revocation_version=message.revocation_version,
        now_ms=message.now_ms,
        viewer=ViewerInputs(**{name: viewer[name] for name in VIEWER_FIELDS}),
        context=ContextInputs(**{name: viewer[name] for name in CONTEXT_FIELDS}),
        # The ranker's loops take arrays of their own only: copied once here, not by each of them.
        candidates=_copied(_CANDIDATES.decode(message.candidates)),
        receipt=receipt_codec.from_proto(message.receipt),
        without_main_ranker=message.without_main_ranker,
    )


def _copied(columns: Columns) -> Columns:
    return {name: column.copy() for name, column in columns.items()}


def reply_to_proto(reply: RankReply) -> pb.RankResponse:
    ranked = None if reply.ranked_list is None else ranked_list_codec.to_proto(reply.ranked_list)
    message = pb.RankResponse(ranked_list=ranked)
    receipt_codec.fill(message.receipt, reply.receipt)
    return message


def reply_from_proto(message: pb.RankResponse) -> RankReply:
    ranked = None
    if message.HasField("ranked_list"):
        ranked = ranked_list_codec.from_proto(message.ranked_list)
    return RankReply(receipt_codec.from_proto(message.receipt), ranked)

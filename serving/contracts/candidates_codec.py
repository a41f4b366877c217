"""Requests for a new ranked list on the wire; the reply is the ranker's, passed on."""

from protos import candidates_pb2 as pb
from serving.contracts import ranked_list_codec, receipt_codec
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply
from serving.effort.rung import Rung
from serving.errors import InvalidRequestError
from serving.packed_arrays import pack_ids, unpack_ids


def request_to_proto(request: GenerateRequest) -> pb.GenerateRequest:
    return pb.GenerateRequest(
        request_id=request.request_id,
        viewer_id=request.viewer_id,
        reply_partition=request.reply_partition,
        revocation_version=request.revocation_version,
        now_ms=request.now_ms,
        surface=request.surface,
        device=request.device,
        region=request.region,
        language=request.language,
        utc_offset_minutes=request.utc_offset_minutes,
        excluded_item_ids=pack_ids(request.excluded_item_ids),
        excluded_author_ids=pack_ids(request.excluded_author_ids),
        unfollowed_author_ids=pack_ids(request.unfollowed_author_ids),
        left_group_ids=pack_ids(request.left_group_ids),
        rung=pb.Rung.ValueType(request.rung),
    )


def request_from_proto(message: pb.GenerateRequest) -> GenerateRequest:
    """Raises InvalidRequestError when ids do not have the agreed form, or the rung is unknown."""
    return GenerateRequest(
        request_id=message.request_id,
        viewer_id=message.viewer_id,
        reply_partition=message.reply_partition,
        revocation_version=message.revocation_version,
        now_ms=message.now_ms,
        surface=message.surface,
        device=message.device,
        region=message.region,
        language=message.language,
        utc_offset_minutes=message.utc_offset_minutes,
        excluded_item_ids=unpack_ids(message.excluded_item_ids, "excluded_item_ids"),
        excluded_author_ids=unpack_ids(message.excluded_author_ids, "excluded_author_ids"),
        unfollowed_author_ids=unpack_ids(message.unfollowed_author_ids, "unfollowed_author_ids"),
        left_group_ids=unpack_ids(message.left_group_ids, "left_group_ids"),
        rung=_rung(message.rung),
    )


def reply_to_proto(reply: RankReply) -> pb.GenerateResponse:
    ranked = None if reply.ranked_list is None else ranked_list_codec.to_proto(reply.ranked_list)
    message = pb.GenerateResponse(ranked_list=ranked)
    receipt_codec.fill(message.receipt, reply.receipt)
    return message


def reply_from_proto(message: pb.GenerateResponse) -> RankReply:
    ranked = None
    if message.HasField("ranked_list"):
        ranked = ranked_list_codec.from_proto(message.ranked_list)
    return RankReply(receipt_codec.from_proto(message.receipt), ranked)


def _rung(number: int) -> Rung:
    try:
        return Rung(number)
    except ValueError:
        raise InvalidRequestError("rung", f"{number} is unknown") from None

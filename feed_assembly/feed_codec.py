"""Conversion of `GetFeed` between messages and values."""

from feed_assembly.feed_request import FeedRequest
from feed_assembly.get_feed import FeedAnswer
from protos import feed_pb2 as pb
from serving.contracts import receipt_codec
from serving.effort.rung import Rung
from serving.wire_fields import delimited

RECEIPT = pb.GetFeedResponse.RECEIPT_FIELD_NUMBER


def request_from_proto(message: pb.GetFeedRequest, as_of_ms: int | None, rung: Rung) -> FeedRequest:
    """The request, unchecked."""
    context = message.context
    return FeedRequest(
        viewer_id=message.viewer_id if message.HasField("viewer_id") else None,
        surface=message.surface,
        page_size=message.page_size,
        page_token=message.page_token,
        region=context.region,
        language=context.language,
        device=context.device,
        utc_offset_minutes=context.utc_offset_minutes,
        request_id=message.request_id,
        as_of_ms=as_of_ms,
        rung=rung,
    )


def answer_to_bytes(answer: FeedAnswer) -> bytes:
    """A `GetFeedResponse`; its items are written already."""
    page = answer.page
    rest = pb.GetFeedResponse(next_page_token=page.next_page_token, feed_id=page.feed_id)
    receipt = receipt_codec.to_bytes(page.receipt)
    return answer.items + rest.SerializeToString() + delimited(RECEIPT, receipt)

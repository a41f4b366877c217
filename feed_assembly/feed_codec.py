"""Conversion of `GetFeed` between messages and values."""

from feed_assembly.feed_request import FeedRequest
from feed_assembly.get_feed import FeedAnswer
from feed_assembly.presenter import ItemView
from protos import feed_pb2 as pb
from serving.contracts import receipt_codec
from serving.contracts.sources import source_names
from serving.effort.rung import Rung


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


def answer_to_proto(answer: FeedAnswer) -> pb.GetFeedResponse:
    page = answer.page
    columns = zip(
        page.item_ids.tolist(),
        page.author_ids.tolist(),
        page.positions.tolist(),
        page.scores.tolist(),
        page.source_bits.tolist(),
        answer.views,
        strict=True,
    )
    return pb.GetFeedResponse(
        items=[
            pb.FeedItem(
                item_id=item_id,
                author_id=author_id,
                position=position,
                score=score,
                sources=source_names(source_bits),
                reason=view.reason,
                content=_content(view),
            )
            for item_id, author_id, position, score, source_bits, view in columns
        ],
        next_page_token=page.next_page_token,
        feed_id=page.feed_id,
        receipt=receipt_codec.to_proto(page.receipt),
    )


def _content(view: ItemView) -> pb.Content:
    content = view.content
    return pb.Content(
        title=content.title,
        text=content.text,
        media_url=content.media_url,
        author_name=content.author_name,
        author_avatar_url=content.author_avatar_url,
        categories=content.categories,
        created_ms=content.created_ms,
        duration_ms=content.duration_ms,
    )

"""The pages a viewer got last, by the caller's request id: a repeat gets the identical page."""

import json
from collections.abc import Sequence

import structlog

from feed_assembly.feed_page import FeedPage
from feed_assembly.packed_record import pack_record, require_columns, unpack_record
from feed_assembly.receipt_essentials import essentials, receipt_of
from feed_assembly.session.session import MAX_REMEMBERED_PAGES
from serving.errors import StateUnavailableError

FORMAT = 1
KEPT_MS = 10 * 60_000
_ARRAYS = {
    "item_ids": "<i8",
    "author_ids": "<i8",
    "positions": "<i4",
    "scores": "<f4",
    "source_bits": "<u4",
}

log = structlog.get_logger()


def pack_page(page: FeedPage, request_id: str, now_ms: int) -> bytes:
    facts = {
        "format": FORMAT,
        "request_id": request_id,
        "served_ms": now_ms,
        "feed_id": page.feed_id,
        "next_page_token": page.next_page_token,
        "receipt": essentials(page.receipt),
    }
    return pack_record(facts, {name: getattr(page, name) for name in _ARRAYS})


def find_page(pages: Sequence[bytes], request_id: str, now_ms: int) -> tuple[FeedPage, int] | None:
    """The page that was answered to `request_id` in the last ten minutes, and when (Unix ms)."""
    named = json.dumps(request_id).encode()  # as it is written: the others need not be decoded
    found = (_unpack(raw, request_id, now_ms) for raw in pages if named in raw)
    return next((page for page in found if page is not None), None)


def with_page(pages: Sequence[bytes], packed: bytes) -> list[bytes]:
    """The newest first, within the bound."""
    return [packed, *pages][:MAX_REMEMBERED_PAGES]


def _unpack(raw: bytes, request_id: str, now_ms: int) -> tuple[FeedPage, int] | None:
    try:
        facts, arrays = unpack_record(raw)
        if not facts.says({"format": FORMAT, "request_id": request_id}):
            return None
        served_ms = facts.whole("served_ms")
        if now_ms - served_ms > KEPT_MS:
            return None
        page = FeedPage(
            feed_id=facts.text("feed_id"),
            next_page_token=facts.text("next_page_token"),
            receipt=receipt_of(facts.part("receipt")),
            **require_columns(arrays, _ARRAYS),
        )
    except StateUnavailableError as error:
        log.error("remembered page dropped", cause=str(error))
        return None
    return page, served_ms

"""The bytes of a stored feed: a header, texts, the receipt as JSON, then the columns.

Little-endian. Every page moves the cursor of its feed: so the header is quick to read, and the
receipt is written back as it was found. Format 1 was a `packed_record`, which begins with a length;
no length is `MARK`.
"""

import json
import struct
from functools import lru_cache
from typing import Any

import numpy as np

from feed_assembly.packed_record import require_columns, unpack_record
from feed_assembly.receipt_essentials import essentials, receipt_of
from feed_assembly.record_facts import RecordFacts
from feed_assembly.stored_feed import COLUMNS, START, Cursor, StoredFeed
from serving.contracts.receipt import Receipt
from serving.errors import StateUnavailableError

FORMAT = 2
MARK = b"\xff\xff\xff\xff"
MAX_PLACE = 2**31 - 1
KEPT_RECEIPTS = 1_024
"""Receipts kept as read, some 4 KB each: those of one feed are the same for all its pages."""

_HEADER = struct.Struct("<4sB16sqqq3IIIHHI")
"""Mark, format, feed id, created, scroll started, revocation version; the cursor; list size, rows;
bytes of context, generation and receipt."""
HEADER_BYTES = _HEADER.size
_ID = slice(5, 21)
_DTYPES = [(name, np.dtype(dtype)) for name, dtype in COLUMNS.items()]


def pack_feed(feed: StoredFeed, cursor: Cursor = START) -> bytes:
    """The feed with `cursor` as its first unserved place, if that is further on."""
    context, generation = feed.context.encode(), feed.generation.encode()
    receipt = feed.packed_receipt or pack_receipt(feed.receipt)
    header = _HEADER.pack(
        MARK,
        FORMAT,
        bytes.fromhex(feed.feed_id),
        feed.created_ms,
        feed.scroll_started_ms,
        feed.revocation_version,
        *max(feed.cursor, cursor),
        feed.list_size,
        len(feed.item_ids),
        len(context),
        len(generation),
        len(receipt),
    )
    columns = [getattr(feed, name).tobytes() for name in COLUMNS]
    return b"".join([header, context, generation, receipt, *columns])


def unpack_feed(raw: bytes) -> StoredFeed | None:
    """The feed in `raw`; `None` if a release with another format wrote it.

    Raises:
        StateUnavailableError: these bytes are no stored feed.
    """
    if not raw.startswith(MARK):
        return _unpack_1(raw)
    if raw[4:5] != bytes([FORMAT]):
        return None
    try:
        return _unpacked(raw)
    except (struct.error, ValueError) as error:
        raise StateUnavailableError(f"{len(raw)} bytes are no stored feed: {error}") from error


def packed_feed_id(raw: bytes) -> str:
    """The id of a feed, read without the rest of it; empty where it cannot be read."""
    if raw.startswith(MARK) and len(raw) >= HEADER_BYTES and raw[4] == FORMAT:
        return raw[_ID].hex()
    try:
        feed = unpack_feed(raw)
    except StateUnavailableError:
        return ""
    return feed.feed_id if feed is not None else ""


def _unpacked(raw: bytes) -> StoredFeed:
    (
        _, _, feed_id, created_ms, scroll_started_ms, revocation_version, slot, reserve_used,
        position, list_size, row_count, context_bytes, generation_bytes, receipt_bytes,
    ) = _HEADER.unpack_from(raw)  # fmt: skip
    if min(created_ms, scroll_started_ms, revocation_version) < 0 or list_size > row_count:
        raise ValueError("times, version or size out of range")
    if max(slot, reserve_used) > row_count or position > MAX_PLACE:
        raise ValueError("cursor out of range")
    generation_at = HEADER_BYTES + context_bytes
    receipt_at = generation_at + generation_bytes
    place = receipt_at + receipt_bytes
    receipt = raw[receipt_at:place]
    columns: dict[str, Any] = {}
    for name, dtype in _DTYPES:
        columns[name] = np.frombuffer(raw, dtype, row_count, place)
        place += columns[name].nbytes
    if place != len(raw):
        raise ValueError(f"ends at byte {place}")
    return StoredFeed(
        feed_id=feed_id.hex(),
        created_ms=created_ms,
        scroll_started_ms=scroll_started_ms,
        context=raw[HEADER_BYTES:generation_at].decode(),
        generation=raw[generation_at:receipt_at].decode(),
        revocation_version=revocation_version,
        list_size=list_size,
        cursor=Cursor(slot, reserve_used, position),
        receipt=unpack_receipt(receipt),
        packed_receipt=receipt,
        **columns,
    )


def _unpack_1(raw: bytes) -> StoredFeed | None:
    facts, arrays = unpack_record(raw)
    if not facts.says({"format": 1}):
        return None
    columns: dict[str, Any] = dict(require_columns(arrays, COLUMNS))
    return StoredFeed(
        feed_id=facts.hex_id("feed_id"),
        created_ms=facts.whole("created_ms"),
        scroll_started_ms=facts.whole("scroll_started_ms"),
        context=facts.text("context"),
        generation=facts.text("generation"),
        revocation_version=facts.whole("revocation_version"),
        list_size=facts.whole("list_size", most=len(columns["item_ids"])),
        cursor=Cursor(*facts.wholes("cursor", 3, MAX_PLACE)),
        receipt=receipt_of(facts.part("receipt")),
        **columns,
    )


def pack_receipt(receipt: Receipt) -> bytes:
    return json.dumps(essentials(receipt), separators=(",", ":")).encode()


@lru_cache(KEPT_RECEIPTS)
def unpack_receipt(raw: bytes) -> Receipt:
    """A receipt that many share: copy it before changing it."""
    try:
        return receipt_of(RecordFacts(json.loads(raw)))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error

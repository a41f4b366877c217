"""Served records on topic `served`, one message per page."""

import secrets

from feed_assembly.feed_page import FeedPage
from feed_assembly.feed_request import FeedRequest
from protos import events_pb2
from serving.bus.bus import Bus
from serving.bus.topics import SERVED
from serving.packed_arrays import pack_floats, pack_ids, pack_int32, pack_uint32

SCHEMA_VERSION = 1


class BusServedRecords:
    """Implements `ServedRecords`; what the bus has no room for it drops and counts."""

    def __init__(self, bus: Bus, feature_schema: str) -> None:
        """`feature_schema`: hash of the features that a sample of pages carries."""
        self._bus = bus
        self._feature_schema = feature_schema

    def add(self, viewer_id: int, request: FeedRequest, page: FeedPage, now_ms: int) -> None:
        record = events_pb2.ServedRecord(
            schema_version=SCHEMA_VERSION,
            event_id=secrets.token_hex(16),
            viewer_id=viewer_id,
            feed_id=page.feed_id,
            request_id=request.request_id,
            surface=request.surface,
            occurred_ms=now_ms,
            generation=page.receipt.generation,
            item_ids=pack_ids(page.item_ids),
            positions=pack_int32(page.positions),
            scores=pack_floats(page.scores),
            source_bits=pack_uint32(page.source_bits),
            models=page.receipt.models,
            features=b"" if page.features is None else pack_floats(page.features),
            feature_schema="" if page.features is None else self._feature_schema,
            origin=page.receipt.origin,
            degraded_reasons=page.receipt.degraded_reasons,
        )
        self._bus.send(SERVED, record.SerializeToString(), key=viewer_id)

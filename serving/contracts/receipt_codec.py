"""Receipts on the wire."""

import struct
from functools import lru_cache

from protos import receipt_pb2 as pb
from serving.contracts.receipt import Receipt, SourceCount, StageCount
from serving.wire_fields import FOUR_BYTES, delimited

KEPT_COUNTS = 8_192
"""Counts of sources and stages whose bytes are kept, some 100 bytes each."""

_MS = struct.Struct("<Bf")
_MS_TAG = pb.StageCount.MS_FIELD_NUMBER << 3 | FOUR_BYTES


def fill(message: pb.Receipt, receipt: Receipt) -> None:
    """Write into an empty message where it is to stay: a message given to another is copied."""
    message.generation = receipt.generation
    message.shards_total = receipt.shards_total
    message.shards_answered = receipt.shards_answered
    add_source, add_stage = message.sources.add, message.stages.add
    for source in receipt.sources:
        add_source(name=source.name, found_count=source.found_count, kept_count=source.kept_count)
    for stage in receipt.stages:
        add_stage(name=stage.name, count_in=stage.count_in, count_out=stage.count_out, ms=stage.ms)
    message.defaulted_columns.extend(receipt.defaulted_columns)
    message.models.update(receipt.models)
    message.degraded_reasons.extend(receipt.degraded_reasons)
    message.origin = receipt.origin
    message.bus_lag_messages = receipt.bus_lag_messages
    message.total_ms = receipt.total_ms
    message.narrowed.extend(receipt.narrowed)


def from_proto(message: pb.Receipt) -> Receipt:
    return Receipt(
        generation=message.generation,
        shards_total=message.shards_total,
        shards_answered=message.shards_answered,
        sources=[SourceCount(s.name, s.found_count, s.kept_count) for s in message.sources],
        stages=[StageCount(s.name, s.count_in, s.count_out, s.ms) for s in message.stages],
        defaulted_columns=list(message.defaulted_columns),
        models=dict(message.models),
        degraded_reasons=list(message.degraded_reasons),
        origin=message.origin,
        bus_lag_messages=message.bus_lag_messages,
        total_ms=message.total_ms,
        narrowed=list(message.narrowed),
    )


def to_bytes(receipt: Receipt) -> bytes:
    """What `fill` writes, serialised: without a message for each of some twenty counts."""
    rest = pb.Receipt(
        generation=receipt.generation,
        shards_total=receipt.shards_total,
        shards_answered=receipt.shards_answered,
        defaulted_columns=receipt.defaulted_columns,
        models=receipt.models,
        degraded_reasons=receipt.degraded_reasons,
        origin=receipt.origin,
        bus_lag_messages=receipt.bus_lag_messages,
        total_ms=receipt.total_ms,
        narrowed=receipt.narrowed,
    )
    sources = [_source(s.name, s.found_count, s.kept_count) for s in receipt.sources]
    stages = [
        _stage(s.name, s.count_in, s.count_out) + _MS.pack(_MS_TAG, s.ms) for s in receipt.stages
    ]
    return b"".join([*sources, *stages, rest.SerializeToString()])


@lru_cache(KEPT_COUNTS)
def _source(name: str, found_count: int, kept_count: int) -> bytes:
    count = pb.SourceCount(name=name, found_count=found_count, kept_count=kept_count)
    return pb.Receipt(sources=[count]).SerializeToString()


@lru_cache(KEPT_COUNTS)
def _stage(name: str, count_in: int, count_out: int) -> bytes:
    """All of a stage but its last field, the milliseconds."""
    count = pb.StageCount(name=name, count_in=count_in, count_out=count_out).SerializeToString()
    return delimited(pb.Receipt.STAGES_FIELD_NUMBER, count + bytes(_MS.size))[: -_MS.size]

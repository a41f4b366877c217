"""Receipts on the wire."""

from protos import receipt_pb2 as pb
from serving.contracts.receipt import Receipt, SourceCount, StageCount


def to_proto(receipt: Receipt) -> pb.Receipt:
    message = pb.Receipt()
    fill(message, receipt)
    return message


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

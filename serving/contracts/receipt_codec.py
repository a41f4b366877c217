"""Receipts on the wire."""

from protos import receipt_pb2 as pb
from serving.contracts.receipt import Receipt, SourceCount, StageCount


def to_proto(receipt: Receipt) -> pb.Receipt:
    return pb.Receipt(
        generation=receipt.generation,
        shards_total=receipt.shards_total,
        shards_answered=receipt.shards_answered,
        sources=[
            pb.SourceCount(name=s.name, found_count=s.found_count, kept_count=s.kept_count)
            for s in receipt.sources
        ],
        stages=[
            pb.StageCount(name=s.name, count_in=s.count_in, count_out=s.count_out, ms=s.ms)
            for s in receipt.stages
        ],
        defaulted_columns=receipt.defaulted_columns,
        models=receipt.models,
        degraded_reasons=receipt.degraded_reasons,
        origin=receipt.origin,
        bus_lag_messages=receipt.bus_lag_messages,
        total_ms=receipt.total_ms,
        narrowed=receipt.narrowed,
    )


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

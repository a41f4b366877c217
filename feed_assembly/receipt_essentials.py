"""The part of a receipt that stays true of a stored list: everything but how long it took."""

from dataclasses import asdict
from typing import Any

from serving.contracts.receipt import Receipt, SourceCount


def essentials(receipt: Receipt) -> dict[str, Any]:
    """JSON that `receipt_of` reads."""
    facts = asdict(receipt)
    for passing in ("stages", "origin", "bus_lag_messages", "total_ms"):
        del facts[passing]
    facts["sources"] = [[s.name, s.found_count, s.kept_count] for s in receipt.sources]
    return facts


def receipt_of(facts: dict[str, Any]) -> Receipt:
    """A receipt of its own for an answer made from what was stored."""
    sources = [SourceCount(*source) for source in facts["sources"]]
    return Receipt(
        generation=facts["generation"],
        shards_total=facts["shards_total"],
        shards_answered=facts["shards_answered"],
        sources=sources,
        defaulted_columns=list(facts["defaulted_columns"]),
        models=dict(facts["models"]),
        degraded_reasons=list(facts["degraded_reasons"]),
    )

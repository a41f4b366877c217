"""The part of a receipt that stays true of a stored list: everything but how long it took."""

from typing import Any

from serving.contracts.receipt import Receipt, SourceCount


def essentials(receipt: Receipt) -> dict[str, Any]:
    """JSON that `receipt_of` reads."""
    return {
        "generation": receipt.generation,
        "shards_total": receipt.shards_total,
        "shards_answered": receipt.shards_answered,
        "sources": [[s.name, s.found_count, s.kept_count] for s in receipt.sources],
        "defaulted_columns": receipt.defaulted_columns,
        "models": receipt.models,
        "degraded_reasons": receipt.degraded_reasons,
        "narrowed": receipt.narrowed,
    }


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
        narrowed=list(facts.get("narrowed", ())),
    )

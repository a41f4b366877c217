"""The part of a receipt that stays true of a stored list: everything but how long it took."""

from typing import Any

from feed_assembly.record_facts import RecordFacts
from serving.contracts.receipt import Receipt, SourceCount

MAX_COUNT = 2**31 - 1
SOURCE_FIELDS = ("name", "found_count", "kept_count")


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


def receipt_of(facts: RecordFacts) -> Receipt:
    """A receipt of its own for an answer made from what was stored.

    Raises:
        StateUnavailableError: the facts are none of `essentials`.
    """
    return Receipt(
        generation=facts.text("generation"),
        shards_total=facts.whole("shards_total", MAX_COUNT),
        shards_answered=facts.whole("shards_answered", MAX_COUNT),
        sources=[
            SourceCount(
                source.text("name"),
                source.whole("found_count", MAX_COUNT),
                source.whole("kept_count", MAX_COUNT),
            )
            for source in facts.rows("sources", SOURCE_FIELDS)
        ],
        defaulted_columns=facts.texts("defaulted_columns"),
        models=facts.text_by_text("models"),
        degraded_reasons=facts.texts("degraded_reasons"),
        narrowed=facts.texts("narrowed", may_be_absent=True),
    )

"""Whether a ranked list is good enough to be shown, and to be kept for later pages."""

from serving.contracts.receipt import Receipt

MIN_COVERAGE_SHOWN = 0.5
"""With fewer of the shards a stored feed is better than the new list."""

MIN_COVERAGE_STORED = 0.75
"""A list that lacks more is shown once, and the next page is ranked anew."""

STORABLE_REASONS = frozenset({"bus_unacknowledged", "shard_unavailable"})
"""Reasons that say nothing against the order of the list; how many shards is asked apart."""


def is_showable(receipt: Receipt) -> bool:
    return _coverage(receipt) >= MIN_COVERAGE_SHOWN


def is_storable(receipt: Receipt) -> bool:
    """A degraded list never feeds a write."""
    return _coverage(receipt) >= MIN_COVERAGE_STORED and STORABLE_REASONS.issuperset(
        receipt.degraded_reasons
    )


def _coverage(receipt: Receipt) -> float:
    return receipt.shards_answered / receipt.shards_total if receipt.shards_total else 1.0

"""Whether a ranked list is good enough to be shown, and to be kept for later pages."""

from serving.contracts.receipt import NARROWED, Receipt

MIN_COVERAGE_SHOWN = 0.5
"""With fewer of the shards a stored feed is better than the new list."""

STORABLE_REASONS = frozenset({"bus_unacknowledged", NARROWED})
"""Reasons that say nothing against the order of the list; how narrow is asked apart. A list that
lacks a shard is shown once, and the next page is ranked anew: mostly the shard was only late."""

STORABLE_NARROWED = frozenset({"probes:half", "candidates:300"})
"""What costs little (`docs/incidents.md`). Such lists are stored, marked: were they not, every next
page would be ranked anew, just when there is no time for it."""

STORABLE_OFF = ("switched_off:source:", "switched_off:hydrator:", "switched_off:rule:")
"""What people have chosen to do without for now. Lists without a filter or model are not kept: what
they lack would outlive the switch."""


def is_showable(receipt: Receipt) -> bool:
    return _coverage(receipt) >= MIN_COVERAGE_SHOWN


def is_storable(receipt: Receipt) -> bool:
    """A degraded list never feeds a write."""
    return (
        _coverage(receipt) >= 1
        and STORABLE_NARROWED.issuperset(receipt.narrowed)
        and all(
            reason in STORABLE_REASONS or reason.startswith(STORABLE_OFF)
            for reason in receipt.degraded_reasons
        )
    )


def _coverage(receipt: Receipt) -> float:
    return receipt.shards_answered / receipt.shards_total if receipt.shards_total else 1.0

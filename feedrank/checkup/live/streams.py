"""Whether what happens reaches who reads it, and whether the state store is used."""

from collections.abc import Sequence

from feedrank.checkup.finding import Finding
from feedrank.checkup.live.page import MetricsPage, names
from serving.metrics import (
    BUS_HALTED,
    BUS_LAG,
    BUS_PUBLISH_FAILURES,
    BUS_STALENESS,
    DEAD_LETTERS,
    STATE_BREAKER_OPEN,
)

MAX_LAG = 10_000
MAX_STALENESS_MS = 30_000


def lag(pages: Sequence[MetricsPage]) -> list[Finding]:
    """How far readers are behind."""
    behind: dict[str, float] = {}
    for page in pages:
        for sample in page.of(BUS_LAG):
            reader = f"{sample.labels['reader']} ({page.process.name})"
            behind[reader] = behind.get(reader, 0) + sample.value
    halted = [
        f"{sample.labels['reader']} ({page.process.name})"
        for page in pages
        for sample in page.of(BUS_HALTED)
        if sample.value
    ]
    if halted:
        advice = "see docs/operating.md#unreadable-messages, then restart these processes"
        return [Finding("readers", "bad", f"halted: {', '.join(halted)}", advice)]
    stale_ms = max((page.largest(BUS_STALENESS) for page in pages), default=0.0)
    worst = sorted(behind.items(), key=lambda entry: -entry[1])[:3]
    told = ", ".join(f"{reader} {count:,.0f}" for reader, count in worst if count)
    seen = f"oldest message waits {stale_ms:,.0f} ms" + (f"; behind: {told}" if told else "")
    if sum(behind.values()) <= MAX_LAG and stale_ms <= MAX_STALENESS_MS:
        return [Finding("readers", "good", seen)] if behind else []
    advice = "see docs/operating.md#a-reader-is-behind: processor time, the store behind it, Kafka"
    return [Finding("readers", "bad", seen, advice)]


def bus_writes(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Messages that were not taken, and those nobody can read."""
    found = []
    refused = sum(page.total(BUS_PUBLISH_FAILURES) for page in pages)
    if refused:
        seen = f"{refused:,.0f} messages not acknowledged since the start"
        found.append(
            Finding("bus", "optional", seen, "look at Kafka if this grows: leaders, disk, network")
        )
    unreadable = sum(page.total(DEAD_LETTERS) for page in pages)
    if unreadable:
        advice = "read the topics `…-dead`: each message is there with its cause"
        found.append(Finding("dead letters", "optional", f"{unreadable:,.0f} set aside", advice))
    return found


def breaker(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Whether processes do without the state store at this moment."""
    asked = [page for page in pages if any(page.of(STATE_BREAKER_OPEN))]
    if not asked:
        return []
    without = [page for page in asked if page.total(STATE_BREAKER_OPEN)]
    if not without:
        return [Finding("state store", "good", f"used by {names(asked)}")]
    advice = "start Redis, or look whether it hangs or is full (redis-cli INFO)"
    return [Finding("state store", "bad", f"given up for now by {names(without)}", advice)]

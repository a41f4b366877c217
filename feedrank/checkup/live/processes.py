"""Whether all processes answer, are ready, run the same, and fare well."""

import math
from collections import defaultdict
from collections.abc import Sequence

from feedrank.checkup.finding import Finding
from feedrank.checkup.live.page import MetricsPage, names
from serving.metrics import (
    BUILD_INFO,
    CERTIFICATE_REMAINING,
    DISK_FREE,
    LOOP_BLOCKED,
    LOOP_LAG,
    LOOP_STALLED,
    TLS_BROKEN,
)

MAX_CLOCK_SKEW_S = 2.5
"""Clocks are read to a second, and a request takes a moment."""

MIN_FREE_BYTES = 2 << 30
MAX_BLOCKED_SHARE = 0.01
DAY_MS = 86_400_000.0
RENEW_MS = 14 * DAY_MS
LATE_MS = 50.0


def same_everywhere(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Whether release and generation are the same in all processes."""
    found = []
    for label, subject in (("version", "release"), ("generation", "generation")):
        holders: dict[str, list[MetricsPage]] = defaultdict(list)
        for page in pages:
            for sample in page.of(BUILD_INFO):
                holders[sample.labels[label]].append(page)
        if len(holders) == 1:
            found.append(Finding(subject, "good", f"{next(iter(holders))} everywhere"))
        elif holders:
            seen = "; ".join(f"{value} in {names(of)}" for value, of in sorted(holders.items()))
            advice = "finish the roll-out: restart those that are behind (kill -HUP of `up`)"
            found.append(Finding(subject, "bad", seen, advice))
    return found


def clocks(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Whether clocks agree with that of this machine."""
    off = [page for page in pages if abs(page.clock_ahead_s) > MAX_CLOCK_SKEW_S]
    if not off:
        return [Finding("clocks", "good", f"within {MAX_CLOCK_SKEW_S:g} s of this machine's")]
    seen = ", ".join(f"{page.process.name} {page.clock_ahead_s:+.0f} s" for page in off)
    return [Finding("clocks", "bad", seen, "let all machines follow one time server (chrony)")]


def event_loops(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Whether event loops come to their work in time."""
    stalled = [page for page in pages if page.total(LOOP_STALLED)]
    late = {page.process.name: _late_share(page) for page in pages}
    worst = {name: share for name, share in late.items() if share > MAX_BLOCKED_SHARE}
    if stalled:
        seen = f"stood still, and were not ready for it: {names(stalled)}"
        advice = "look for `event loop blocked` in their logs: it has the stack"
        return [Finding("event loops", "bad", seen, advice)]
    if worst:
        seen = ", ".join(f"{name} late {share:.1%} of the time" for name, share in worst.items())
        advice = "more processors, or less load; `event loop blocked` in the log has the stack"
        return [Finding("event loops", "optional", seen, advice)]
    blocked = sum(page.total(LOOP_BLOCKED) for page in pages)
    return [Finding("event loops", "good", f"held over 50 ms {blocked:.0f} times since the start")]


def _late_share(page: MetricsPage) -> float:
    counts = {float(s.labels["le"]): s.value for s in page.of(LOOP_LAG, "_bucket")}
    everything = counts.get(math.inf, 0.0)
    return 1 - counts.get(LATE_MS, everything) / everything if everything else 0.0


def disks(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Free space where homes are."""
    free = {page.process.name: page.total(DISK_FREE) for page in pages if any(page.of(DISK_FREE))}
    if not free:
        return []
    short = {name: free_bytes for name, free_bytes in free.items() if free_bytes < MIN_FREE_BYTES}
    if not short:
        return [Finding("disks", "good", f"at least {min(free.values()) / 2**30:,.1f} GiB free")]
    seen = ", ".join(f"{name} {left / 2**30:.2f} GiB" for name, left in short.items())
    advice = "remove old generations and logs, or give it a larger disk"
    return [Finding("disks", "bad", seen, advice)]


def certificates(pages: Sequence[MetricsPage]) -> list[Finding]:
    """How long certificates in use are valid."""
    left_ms = {
        page.process.name: sample.value
        for page in pages
        for sample in page.of(CERTIFICATE_REMAINING)
        if not math.isnan(sample.value)
    }
    if not left_ms:
        return []
    name, least_ms = min(left_ms.items(), key=lambda entry: entry[1])
    seen = f"the first expires in {least_ms / DAY_MS:.1f} days ({name})"
    if least_ms >= RENEW_MS:
        return [Finding("certificates", "good", seen)]
    advice = "put the new files in place of the old: they are taken without a restart"
    return [Finding("certificates", "bad" if least_ms < DAY_MS else "optional", seen, advice)]


def neighbours(pages: Sequence[MetricsPage]) -> list[Finding]:
    """Whether services that are there cannot be called, for what is wrong with TLS."""
    asked = [sample for page in pages for sample in page.of(TLS_BROKEN)]
    broken = [
        f"{sample.labels['neighbour']} from {page.process.name}"
        for page in pages
        for sample in page.of(TLS_BROKEN)
        if sample.value > 0
    ]
    if broken:
        seen = f"cannot be called over TLS: {', '.join(broken)}"
        advice = "the caller's log says why: `neighbour cannot be called over TLS`"
        return [Finding("neighbours", "bad", seen, advice)]
    return [Finding("neighbours", "good", "nothing is wrong with TLS")] if asked else []

"""Whether pages are what they could be, since the processes started."""

from collections import Counter
from collections.abc import Sequence

from feedrank.checkup.finding import Finding
from feedrank.checkup.live.page import MetricsPage
from serving.metrics import DEGRADED, DEGRADED_FEEDS, FEEDS, RPC_CALLS, SHARD_COVERAGE

MAX_DEGRADED_SHARE = 0.02
MIN_COVERED_SHARE = 0.99
MAX_FAILED_SHARE = 0.001
TOP_REASONS = 3
GET_FEED = "/feedrank.v1.FeedService/GetFeed"
FAILURES = ("INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED")


def degraded(pages: Sequence[MetricsPage]) -> list[Finding]:
    """The share of pages that had to do without something, and what that was most often."""
    served = sum(page.total(FEEDS) for page in pages)
    if not served:
        return [Finding("pages", "good", "none served yet")]
    share = sum(page.total(DEGRADED_FEEDS) for page in pages) / served
    reasons: Counter[str] = Counter()
    for page in pages:
        for sample in page.of(DEGRADED):
            reasons[sample.labels["reason"]] += int(sample.value)
    seen = f"{share:.1%} of {served:,.0f} pages degraded"
    most = [f"{reason} {count:,}" for reason, count in reasons.most_common(TOP_REASONS) if count]
    seen += f": {', '.join(most)}" if most else ""
    if share <= MAX_DEGRADED_SHARE:
        return [Finding("pages", "good", seen)]
    advice = "docs/operating.md#pages-are-degraded says what each reason means"
    return [Finding("pages", "bad", seen, advice)]


def coverage(pages: Sequence[MetricsPage]) -> list[Finding]:
    """The share of searches that reached all shards."""
    searches = partial = 0.0
    for page in pages:
        searches += sum(sample.value for sample in page.of(SHARD_COVERAGE, "_count"))
        partial += sum(
            sample.value
            for sample in page.of(SHARD_COVERAGE, "_bucket")
            if sample.labels["le"] == "0.99"
        )
    if not searches:
        return []
    share = 1 - partial / searches
    seen = f"{share:.1%} of {searches:,.0f} searches reached all shards"
    if share >= MIN_COVERED_SHARE:
        return [Finding("coverage", "good", seen)]
    advice = "a shard has no replica that answers in time: start it, or look at its log"
    return [Finding("coverage", "bad", seen, advice)]


def failed(pages: Sequence[MetricsPage]) -> list[Finding]:
    """The share of calls of `GetFeed` that failed on our side."""
    calls = sum(page.total(RPC_CALLS, method=GET_FEED) for page in pages)
    if not calls:
        return []
    by_status = Counter(
        {
            status: int(sum(p.total(RPC_CALLS, method=GET_FEED, status=status) for p in pages))
            for status in FAILURES
        }
    )
    share = by_status.total() / calls
    seen = f"{share:.2%} of {calls:,.0f} calls failed"
    most = [f"{status} {count:,}" for status, count in by_status.most_common() if count]
    seen += f": {', '.join(most)}" if most else ""
    if share <= MAX_FAILED_SHARE:
        return [Finding("calls of GetFeed", "good", seen)]
    return [Finding("calls of GetFeed", "bad", seen, "see docs/operating.md#pages-fail")]

"""Embedded or distributed, the same request gives the same feed, stage counts included."""

import pytest

from generation.manifest import Manifest
from generation.publish import current
from tests.integration.caller import Caller, item_ids
from tests.integration.small_world import UNKNOWN_VIEWERS, SmallWorld

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

VIEWERS = (*range(3, 300, 8), *UNKNOWN_VIEWERS)
ATTEMPTS = 10
HOUR_MS = 3_600_000
CONTEXTS = (
    {},
    {"region": "east", "language": "es", "device": "phone"},
    {"utc_offset_minutes": 330},
    {"region": "atlantis", "language": "xx"},
)


def source_counts(page):
    return {s.name: (s.found_count, s.kept_count) for s in page.receipt.sources}


def stage_counts(page):
    """Of all stages but `publish`: over the bus a list may overtake the reply that tells of it."""
    stages = [stage for stage in page.receipt.stages if stage.name != "publish"]
    return [(stage.name, stage.count_in, stage.count_out) for stage in stages]


@pytest.fixture(scope="module")
def pairs(embedded: Caller, distributed_caller: Caller, world: SmallWorld):
    """For each viewer the first page, embedded and distributed, of the same request."""
    data_time_ms = Manifest.read(current(world.generations)).data_time_ms
    callers = (embedded, distributed_caller)
    found = []
    for number, viewer in enumerate(VIEWERS):
        context = CONTEXTS[number % len(CONTEXTS)]
        found.append((viewer, *complete_pages(callers, viewer, context, data_time_ms)))
    return found


def complete_pages(callers, viewer, context, data_time_ms):
    """Both pages, none of them degraded: a busy machine makes Redis or Kafka late now and then.

    Another attempt comes an hour later, when nothing is left of what the last one served.
    """
    for attempt in range(ATTEMPTS):
        request = {"context": context, "as_of_ms": data_time_ms + attempt * HOUR_MS}
        pages = [caller.feed(viewer, surface="home", **request) for caller in callers]
        if not any(page.receipt.degraded_reasons for page in pages):
            break
    return pages


def test_answers_are_complete(pairs):
    for viewer, *pages in pairs:
        for page in pages:
            assert not page.receipt.degraded_reasons, viewer
            assert page.receipt.origin == "ranked"
            assert page.receipt.shards_answered == page.receipt.shards_total == 2


def test_items_and_their_order_are_the_same(pairs):
    for viewer, one, other in pairs:
        assert item_ids(one) == item_ids(other), viewer
        assert len(one.items) >= 20


def test_scores_are_the_same(pairs):
    for viewer, one, other in pairs:
        scores = [item.score for item in other.items]
        assert [item.score for item in one.items] == pytest.approx(scores, abs=1e-4), viewer


def test_sources_reasons_and_content_are_the_same(pairs):
    for viewer, one, other in pairs:
        for here, there in zip(one.items, other.items, strict=True):
            assert list(here.sources) == list(there.sources), viewer
            assert here.reason == there.reason
            assert here.content == there.content


def test_counts_are_the_same(pairs):
    for viewer, one, other in pairs:
        assert source_counts(one) == source_counts(other), viewer
        assert stage_counts(one) == stage_counts(other), viewer


def test_models_and_generation_are_the_same(pairs):
    for _, one, other in pairs:
        assert dict(one.receipt.models) == dict(other.receipt.models)
        assert one.receipt.generation == other.receipt.generation


def test_viewers_get_different_feeds(pairs):
    assert len({tuple(item_ids(page)) for _, page, _ in pairs}) > len(VIEWERS) // 2

"""What each kind of failure means: what is left out, said in the receipt, or the call's end."""

import asyncio

import pytest

from candidate_gen import pipeline as pipeline_module
from candidate_gen.viewer_state.viewer import Profile
from generation.item_columns import FOLLOWERS
from serving.contracts.graph import BLOCKED, FOLLOWS, Relations
from serving.contracts.shard import PartKind
from serving.deadline import Deadline
from serving.errors import (
    DeadlineError,
    DependencyError,
    InvalidRequestError,
    NotFoundError,
    PreconditionError,
    StateUnavailableError,
)
from serving.metrics import STAGE_FAILURES
from tests.candidate_gen.builders import a_neighbourhood, a_request, a_vector, a_viewer
from tests.candidate_gen.ring import a_ring

AROUND = a_neighbourhood(followed_ids=[50], friends_liked_item_ids=[20])
SOCIAL = {
    PartKind.AUTHORS: {10: 1.0},
    PartKind.ITEMS: {20: 1.0},
    PartKind.POPULAR: {30: 1.0},
}


async def generated(ring, deadline_ms=2_000, **request):
    reply = await ring.pipeline.generate(a_request(**request), Deadline.after_ms(deadline_ms))
    return reply.receipt


def failures(ring, stage, cause):
    return ring.metrics.counter(STAGE_FAILURES, stage, cause)._value.get()


async def test_without_viewer_state_a_cold_viewer_of_the_asked_region_is_served_and_marked():
    ring = a_ring(cold=a_viewer(profile=Profile(region=2)))
    ring.viewer_states.failure = StateUnavailableError("away")
    receipt = await generated(ring, region="south")
    assert receipt.degraded_reasons == ["viewer_state_unavailable"]
    assert ring.viewer_states.cold_asked == [(2, 0)]
    assert sorted(ring.ranker.ranked_ids) == [10, 11, 12, 13]
    assert failures(ring, "viewer_state", "StateUnavailableError") == 1


async def test_viewers_are_read_with_the_place_of_the_request_and_nothing_is_marked():
    ring = a_ring()
    receipt = await generated(ring, region="north", language="de")
    assert receipt.degraded_reasons == []
    assert ring.viewer_states.places_asked == [(1, 2)]


async def test_without_neighbourhood_its_sources_are_missing_and_only_public_items_shown():
    ring = a_ring(
        SOCIAL | {PartKind.POPULAR: {30: 1.0, 31: 0.5}},
        columns={"author_id": [50, 50, 50, 50], "visibility": [0, 0, 0, FOLLOWERS]},
        neighbourhood=AROUND,
        flags={50: FOLLOWS},
    )
    ring.graph.neighbourhood_failure = DependencyError("away")
    receipt = await generated(ring)
    assert receipt.degraded_reasons == [
        "neighbourhood_unavailable",
        "source_missing:in_network",
        "source_missing:friends_liked",
    ]
    assert receipt.defaulted_columns == ["follow_count", "friends_liked", "same_group"]
    assert ring.ranker.ranked_ids == [30]


async def test_without_relations_the_sessions_blocks_hold_and_the_receipt_says_so():
    ring = a_ring(columns={"author_id": [50, 51, 52, 53]}, flags={50: BLOCKED, 51: BLOCKED})
    ring.graph.relations_failure = DependencyError("away")
    receipt = await generated(ring, excluded_author_ids=[50])
    assert receipt.degraded_reasons == ["blocks_unknown"]
    assert receipt.defaulted_columns == ["follows_author", "is_friend", "follow_distance"]
    assert sorted(ring.ranker.ranked_ids) == [11, 12, 13]


async def test_an_answer_about_other_authors_than_asked_is_no_answer():
    ring = a_ring(columns={"author_id": [50, 51, 52, 53]}, flags={50: BLOCKED})
    whole = ring.graph.relations

    async def cut(*question):
        relations = await whole(*question)
        return Relations(relations.flags[1:], relations.affinity[1:])

    ring.graph.relations = cut
    receipt = await generated(ring)
    assert receipt.degraded_reasons == ["blocks_unknown"]
    assert failures(ring, "relations", "DependencyError") == 1


async def test_the_graph_is_asked_once_for_each_author_found():
    ring = a_ring(columns={"author_id": [51, 50, 51, -1]})
    await generated(ring)
    assert [asked.tolist() for asked in ring.graph.authors_asked] == [[50, 51]]


async def test_a_shard_on_another_generation_is_missing():
    ring = a_ring()
    ring.shards[0].failure = PreconditionError("not held here")
    receipt = await generated(ring)
    assert (receipt.shards_answered, receipt.degraded_reasons) == (1, ["shard_unavailable"])
    assert ring.shards[1].requests[0].generation == "tiny"


async def test_a_shard_with_a_bug_is_missing():
    ring = a_ring()
    ring.shards[0].failure = ZeroDivisionError()
    receipt = await generated(ring)
    assert receipt.degraded_reasons == ["shard_unavailable"]
    assert failures(ring, "search", "ZeroDivisionError") == 1


async def test_a_shard_that_never_answers_is_cut_off():
    ring = a_ring()

    async def never(_request, _deadline):
        await asyncio.get_running_loop().create_future()

    ring.shards[0].search = never
    receipt = await generated(ring, deadline_ms=200)
    assert receipt.degraded_reasons == ["shard_unavailable"]
    assert failures(ring, "search", "DeadlineError") == 1


async def test_a_call_cancelled_from_within_counts_as_failed():
    ring = a_ring()

    async def lost(_request, _deadline):
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    ring.shards[0].search = lost
    receipt = await generated(ring)
    assert receipt.degraded_reasons == ["shard_unavailable"]


async def test_a_caller_who_gives_up_stops_everything():
    ring = a_ring()
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def never(_request, _deadline):
        begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    ring.shards[0].search = never
    request = asyncio.create_task(generated(ring))
    await begun.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert cancelled.is_set()
    assert ring.ranker.requests == []


async def test_an_unsound_answer_counts_as_missing():
    ring = a_ring()
    sound = ring.shards[0].search

    async def cut(request, deadline):
        (answer,) = await sound(request, deadline)
        return [type(answer)(answer.shard, answer.columns, answer.parts[1:], 0)]

    ring.shards[0].search = cut
    receipt = await generated(ring)
    assert receipt.degraded_reasons == ["shard_unavailable"]


async def test_two_processes_with_the_same_shard_count_once():
    ring = a_ring()
    twin = ring.shards[0]
    ring.shards[1].search = twin.search
    receipt = await generated(ring)
    assert receipt.shards_answered == 1
    assert sorted(ring.ranker.ranked_ids) == [10, 12]


async def test_a_source_with_a_bug_is_missing_and_the_rest_go_on(monkeypatch):
    class Broken:
        name = "fresh"

        def plan(self, _query):
            raise ZeroDivisionError

    sources = [*pipeline_module.SOURCES[:-1], Broken()]
    monkeypatch.setattr(pipeline_module, "SOURCES", sources)
    ring = a_ring()
    receipt = await generated(ring)
    assert receipt.degraded_reasons == ["source_missing:fresh"]
    assert sorted(ring.ranker.ranked_ids) == [10, 11, 12]


async def test_a_hydrator_with_a_bug_leaves_the_defaults_of_its_columns(monkeypatch):
    def broken(_self, _query, _batch):
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline_module.SameGroup, "hydrate", broken)
    ring = a_ring()
    receipt = await generated(ring)
    assert receipt.degraded_reasons == ["hydrator_failed:same_group"]
    assert receipt.defaulted_columns == ["same_group"]
    assert ring.ranker.requests[0].candidates["same_group"].tolist() == [0, 0, 0, 0]
    assert failures(ring, "same_group", "ZeroDivisionError") == 1


async def test_nothing_that_may_be_shown_is_no_list():
    ring = a_ring()
    with pytest.raises(NotFoundError, match="no candidate may be shown"):
        await generated(ring, excluded_item_ids=[10, 11, 12, 13])


@pytest.mark.parametrize(
    "refusal", [PreconditionError("not held"), InvalidRequestError("candidates", "is missing")]
)
async def test_a_ranker_that_refuses_is_a_failed_dependency_of_ours(refusal):
    ring = a_ring()
    ring.ranker.failure = refusal
    with pytest.raises(DependencyError, match="the ranker refused"):
        await generated(ring)


async def test_a_ranker_that_never_answers_is_late():
    ring = a_ring()

    async def never(_request, _deadline):
        await asyncio.get_running_loop().create_future()

    ring.ranker.rank = never
    with pytest.raises(DeadlineError):
        await generated(ring, deadline_ms=100)


async def test_a_new_viewer_gets_popular_and_fresh_beyond_their_usual_quotas():
    popular = dict.fromkeys(range(1000), 1.0)
    fresh = dict.fromkeys(range(1000, 2000), 1.0)
    ring = a_ring({PartKind.POPULAR: popular, PartKind.FRESH: fresh})
    receipt = await generated(ring)
    kept = {source.name: source.kept_count for source in receipt.sources}
    assert len(ring.ranker.ranked_ids) == 500
    assert kept["popular"] >= 88
    assert kept["fresh"] >= 87


async def test_the_order_of_shards_does_not_change_the_candidates():
    found = {
        kind: {item: float(item % 7) for item in range(300) if item % kind == 0}
        for kind in PartKind
    }
    viewer = a_viewer(vector=a_vector(0), has_vector=True)
    lists = []
    for order in (1, -1):
        ring = a_ring(found, viewer=viewer, neighbourhood=AROUND, shard_count=3)
        ring.shards[:] = ring.shards[::order]
        await generated(ring)
        lists.append(ring.ranker.ranked_ids)
    assert lists[0] == lists[1]
    assert len(lists[0]) > 200


async def test_the_ranker_gets_all_it_takes_though_a_tenth_of_the_authors_is_blocked():
    found = {
        kind: {item: float(item) for item in range(600 * number, 600 * number + 600)}
        for number, kind in enumerate(PartKind)
    }
    viewer = a_viewer(
        vector=a_vector(0),
        has_vector=True,
        cluster_vectors=[a_vector(1)],
        category_codes=[1],
        category_impressions=[1],
        category_positives=[1],
    )
    ring = a_ring(
        found,
        columns={"author_id": [item % 100 for item in range(3_600)]},
        viewer=viewer,
        neighbourhood=AROUND,
        flags=dict.fromkeys(range(10), BLOCKED),
        shard_count=4,
    )
    receipt = await generated(ring)
    candidates = ring.ranker.requests[0].candidates
    assert len(candidates["item_id"]) == 500
    assert candidates["author_id"].min() == 10
    assert all(source.kept_count > 0 for source in receipt.sources[:2])

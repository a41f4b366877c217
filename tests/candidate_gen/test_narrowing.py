"""Less time left makes narrower stages, and the receipt says which."""

import contextlib

import pytest

from candidate_gen.narrowing import FIRST_COSTS_MS, FROM_FILTER, FROM_SEARCH, Narrowing
from candidate_gen.pipeline import FILTERS, SWITCHES, hydrators_of
from serving.contracts.receipt import Receipt
from serving.contracts.shard import PartKind
from serving.contracts.sources import SOURCES as DECLARED
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.effort.stage_costs import StageCosts
from serving.effort.width import SAFETY
from serving.errors import DependencyError, FeedError, OverloadedError
from tests.candidate_gen.builders import a_request
from tests.candidate_gen.ring import Ring, a_ring

COSTS = StageCosts(FIRST_COSTS_MS)
SEARCH_MS = COSTS.sum_ms(FROM_SEARCH) * SAFETY
FILTER_MS = COSTS.sum_ms(FROM_FILTER) * SAFETY
PATIENT_MS = 10_000.0


def narrowing(left_ms: float, rung: Rung = Rung.FULL) -> Narrowing:
    deadline = Deadline(left_ms / 1_000, monotonic=lambda: 0.0)
    return Narrowing(rung, deadline, COSTS, Receipt())


@pytest.mark.parametrize(("part", "share"), [(1.01, 1.0), (0.99, 0.5), (0.51, 0.5), (0.49, 0.25)])
def test_probes_follow_the_time_left(part: float, share: float) -> None:
    assert narrowing(SEARCH_MS * part).probes().share == share


@pytest.mark.parametrize(
    ("part", "most", "narrowed"),
    [(1.01, 500, []), (0.99, 300, ["candidates:300"]), (0.59, 150, ["candidates:150"])],
)
def test_candidates_follow_the_time_left(part: float, most: int, narrowed: list[str]) -> None:
    request = narrowing(FILTER_MS * part)
    assert request.candidates(found=600) == most
    assert request.receipt.narrowed == narrowed


def test_who_has_few_candidates_loses_none_and_is_not_told_so() -> None:
    request = narrowing(FILTER_MS * 0.1)
    request.candidates(found=150)
    assert request.receipt.narrowed == []


def test_probes_that_made_no_difference_are_not_told() -> None:
    request = narrowing(0.0)
    request.note_probes(request.probes(), made_a_difference=False)
    assert request.receipt.degraded_reasons == []


def test_a_forced_rung_narrows_however_much_time_there_is() -> None:
    request = narrowing(PATIENT_MS, Rung.FEWER_PROBES)
    assert (request.probes().share, request.candidates(found=600)) == (0.25, 300)
    assert not request.without_main_ranker
    assert narrowing(PATIENT_MS, Rung.SMALLER_RANKER).without_main_ranker


def test_a_forced_rung_is_no_excuse_to_be_late() -> None:
    assert narrowing(0.0, Rung.FEWER_PROBES).candidates(found=600) == 150


async def test_a_hurried_request_searches_with_fewer_probes() -> None:
    ring = a_ring({PartKind.POPULAR: dict.fromkeys(range(10, 20), 1.0)})
    reply = await ring.pipeline.generate(a_request(), Deadline(0.006, monotonic=lambda: 0.0))
    assert ring.shards[0].requests[0].probe_share == 0.25
    assert reply.receipt.degraded_reasons == ["narrowed"]


def cost_ms(ring: Ring, stage: str) -> float:
    return ring.pipeline._costs.sum_ms([stage])


async def generate_at(ring: Ring, rung: Rung = Rung.FULL) -> None:
    with contextlib.suppress(FeedError):
        await ring.pipeline.generate(a_request(rung=rung), Deadline.after_ms(PATIENT_MS))


async def test_failures_are_no_costs() -> None:
    ring = a_ring(columns={"author_id": [50, 51, 52, 53]})
    ring.ranker.failure = OverloadedError("full")
    ring.graph.relations_failure = DependencyError("away")
    ring.shards[1].failure = DependencyError("away")
    await generate_at(ring)
    measured = {stage: cost_ms(ring, stage) for stage in ("search", "relations", "rank")}
    assert measured == {stage: FIRST_COSTS_MS[stage] for stage in measured}


async def test_what_a_narrowed_request_took_is_noted_as_of_full_width(monkeypatch) -> None:
    noted: dict[str, float] = {}

    def note(_costs: StageCosts, stage: str, _ms: float, share: float = 1.0) -> None:
        noted[stage] = share

    monkeypatch.setattr(StageCosts, "note", note)
    ring = a_ring({PartKind.POPULAR: dict.fromkeys(range(10, 510), 1.0)})
    await generate_at(ring, Rung.FEWER_PROBES)
    assert (noted["search"], noted["hydrate"], noted["rank"]) == (0.25, 0.6, 0.6)
    assert (noted["relations"], noted["filter"]) == (1.0, 1.0)
    await generate_at(ring)
    assert set(noted.values()) == {1.0}


async def test_ranking_without_the_main_ranker_says_nothing_of_its_cost() -> None:
    ring = a_ring()
    ring.ranker.narrowed = "main_ranker"
    await generate_at(ring)
    assert cost_ms(ring, "rank") == FIRST_COSTS_MS["rank"]


def test_every_source_filter_and_hydrator_has_its_switch() -> None:
    keys = {switch.key for switch in SWITCHES}
    sources = {f"source:{name}" for name in DECLARED}
    filters = {f"filter:{each.name}" for each in FILTERS}
    hydrators = {f"hydrator:{each.name}" for each in hydrators_of(category_count=1)}
    assert keys == sources | filters | hydrators
    assert len(SWITCHES) == len(keys)


def test_what_people_asked_for_is_a_matter_of_safety() -> None:
    assert {switch.name for switch in SWITCHES if switch.is_safety} == {
        "blocked",
        "muted",
        "excluded_author",
        "visibility",
        "sensitive",
    }

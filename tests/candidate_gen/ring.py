"""A pipeline with fake neighbours all around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from candidate_gen.neighbours import Neighbours
from candidate_gen.pipeline import CandidatePipeline
from candidate_gen.query_building import QueryRules
from candidate_gen.viewer_state.viewer import ViewerState
from serving.contracts.graph import Neighbourhood
from serving.contracts.shard import PartKind
from serving.metrics_recorder import Metrics
from tests.candidate_gen.builders import VOCABULARY, a_neighbourhood, a_viewer
from tests.candidate_gen.fakes import FakeGraph, FakeRanker, FakeShard, FakeViewerStates, Found
from tests.serving.switches.movable_switches import MovableSwitches

GENERATION = "tiny"
POPULAR_AND_FRESH: Found = {
    PartKind.POPULAR: {10: 5.0, 11: 4.0, 12: 3.0},
    PartKind.FRESH: {12: 0.9, 13: 0.8},
}


@dataclass
class Ring:
    pipeline: CandidatePipeline
    shards: list[FakeShard]
    graph: FakeGraph
    ranker: FakeRanker
    viewer_states: FakeViewerStates
    metrics: Metrics
    switches: MovableSwitches


def a_ring(
    found: Found = POPULAR_AND_FRESH,
    *,
    columns: Mapping[str, Sequence[Any]] | None = None,
    viewer: ViewerState | None = None,
    cold: ViewerState | None = None,
    neighbourhood: Neighbourhood | None = None,
    flags: Mapping[int, int] | None = None,
    shard_count: int = 2,
    viewer_lag: int = 0,
    authors_are_viewers: bool = True,
) -> Ring:
    """`columns` are of all items found, by ascending id."""
    shards = [FakeShard(shard, shard_count, found, columns) for shard in range(shard_count)]
    graph = FakeGraph(neighbourhood or a_neighbourhood(), flags)
    ranker, states = FakeRanker(), FakeViewerStates(viewer or a_viewer(), cold)
    metrics, switches = Metrics(), MovableSwitches()
    pipeline = CandidatePipeline(
        GENERATION,
        shard_count,
        Neighbours(states, lambda _viewer: viewer_lag, graph, shards, ranker),
        QueryRules(VOCABULARY, authors_are_viewers, {}),
        metrics,
        switches,
    )
    return Ring(pipeline, shards, graph, ranker, states, metrics, switches)

"""Opens candidate_gen for a generation: the pipeline, and the overlay of viewers beneath it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from candidate_gen.actions_lag import ActionsLag
from candidate_gen.neighbours import Neighbours
from candidate_gen.pipeline import CandidatePipeline
from candidate_gen.query_building import QueryRules
from candidate_gen.together import Together, at_once
from candidate_gen.viewer_state.states import open_viewer_states
from candidate_gen.viewer_state.updater import ViewerStateUpdater
from generation import layout
from generation.item_columns import CANDIDATE_SCHEMA
from generation.manifest import InvalidGenerationError, Manifest, verify_files
from generation.vocabulary import Vocabulary
from serving.bus.bus import Bus
from serving.bus.topics import ACTIONS
from serving.contracts.candidates import GenerateRequest
from serving.contracts.graph import GraphClient
from serving.contracts.rank import RankerClient, RankReply
from serving.contracts.shard import ShardClient
from serving.deadline import Deadline
from serving.metrics import VIEWERS_SET_ASIDE
from serving.metrics_recorder import Metrics
from serving.state.state_store import StateStore
from serving.switches.switches import EVERYTHING_ON, SwitchBoard

NO_AGE_LIMIT: Mapping[str, int] = {}
ALL_PARTITIONS = range(ACTIONS.partitions)


@dataclass(frozen=True, slots=True)
class Services:
    """The services candidate_gen asks, local or remote, for the same generation.

    Attributes:
        together: How viewer and neighbourhood are read.
    """

    shards: Sequence[ShardClient]
    graph: GraphClient
    ranker: RankerClient
    together: Together = at_once


class CandidateGen:
    """Implements `CandidateClient`, and keeps the viewers' overlay up to date while `run` runs."""

    def __init__(
        self, pipeline: CandidatePipeline, updater: ViewerStateUpdater, lag: ActionsLag
    ) -> None:
        self._pipeline = pipeline
        self._updater = updater
        self._lag = lag

    async def generate(self, request: GenerateRequest, deadline: Deadline) -> RankReply:
        """See `CandidateClient.generate`."""
        return await self._pipeline.generate(request, deadline)

    async def run(self) -> None:
        """Apply actions from the bus until cancelled.

        Raises:
            Exception: the overlay cannot be kept up to date any more; see `ViewerStateUpdater.run`.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._updater.run())
            tasks.create_task(self._lag.run())

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait until all actions published before the call are applied; False when it took longer
        or the bus is away. `run` must be running."""
        return await self._updater.caught_up(timeout_s)


def open_candidate_gen(
    folder: Path,
    manifest: Manifest,
    services: Services,
    bus: Bus,
    store: StateStore,
    metrics: Metrics,
    *,
    partitions: Sequence[int] = ALL_PARTITIONS,
    max_age_ms: Mapping[str, int] = NO_AGE_LIMIT,
    switches: SwitchBoard = EVERYTHING_ON,
) -> CandidateGen:
    """Verify and map what is needed of a generation. More than six arguments: a composition root.

    Reads every byte of the viewers' and vectors' files once, so call it from a thread where a loop
    is running.

    Args:
        folder: The generation's folder; `manifest` is its own.
        store: Where the viewers' overlay lives.
        partitions: Partitions of `actions` that this replica applies.
        max_age_ms: Oldest item per surface name; surfaces without an entry have no limit.

    Raises:
        InvalidGenerationError: a file is missing, damaged or of another version; names it.
    """
    verify_files(folder, manifest, [layout.VOCABULARY])
    if manifest.item_schema != CANDIDATE_SCHEMA:
        raise InvalidGenerationError(
            f"{folder} has item columns {manifest.item_schema}, this code reads {CANDIDATE_SCHEMA}"
        )
    vocabulary = Vocabulary.read(folder / layout.VOCABULARY)
    states = open_viewer_states(folder, manifest, store)
    updater = ViewerStateUpdater(bus, store, manifest, vocabulary.categories, partitions)
    metrics.follow(VIEWERS_SET_ASIDE, lambda: updater.set_aside_count)
    lag = ActionsLag(updater, metrics)
    neighbours = Neighbours(
        viewer_states=states,
        viewer_lag=lag.of_viewer,
        graph=services.graph,
        shards=services.shards,
        ranker=services.ranker,
        together=services.together,
    )
    rules = QueryRules(vocabulary, manifest.authors_are_viewers, max_age_ms)
    pipeline = CandidatePipeline(
        manifest.name, manifest.shard_count, neighbours, rules, metrics, switches
    )
    return CandidateGen(pipeline, updater, lag)

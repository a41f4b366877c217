"""How candidates are found for one viewer: the ordered list of all stages.

query        viewer state and neighbourhood, read at the same time
sources      each plans its part; one search per shard client carries all parts
pool         all shards' hits merged, best first for each source
select       quotas with spill; every source that found an item stays on record
relations    how the viewer stands to the authors found, in one question
filters      who stays; at most 500
hydrators    what the viewer has to do with each candidate
ranker       scores, orders and publishes
"""

import time
from collections.abc import Sequence

from candidate_gen.active_stages import ActiveStages, switches_of
from candidate_gen.batch import Query
from candidate_gen.fan_out import FanOut
from candidate_gen.filtering import keep_showable
from candidate_gen.filters.age_filter import AgeFilter
from candidate_gen.filters.blocked_filter import BlockedFilter
from candidate_gen.filters.excluded_author_filter import ExcludedAuthorFilter
from candidate_gen.filters.language_filter import LanguageFilter
from candidate_gen.filters.muted_filter import MutedFilter
from candidate_gen.filters.own_item_filter import OwnItemFilter
from candidate_gen.filters.region_filter import RegionFilter
from candidate_gen.filters.seen_filter import SeenFilter
from candidate_gen.filters.sensitive_filter import SensitiveFilter
from candidate_gen.filters.visibility_filter import VisibilityFilter
from candidate_gen.hydrating import add_hydrated
from candidate_gen.hydrators.acquaintance import Acquaintance
from candidate_gen.hydrators.author_affinity import AuthorAffinity
from candidate_gen.hydrators.category_affinity import CategoryAffinity
from candidate_gen.hydrators.friends_liked_count import FriendsLikedCount
from candidate_gen.hydrators.same_group import SameGroup
from candidate_gen.narrowing import FIRST_COSTS_MS, Narrowing
from candidate_gen.neighbours import MIN_REMAINING_MS, SEARCH_SHARE, Neighbours, share_of
from candidate_gen.planning import PlannedSource, plan_sources
from candidate_gen.pool import Pool, pool_answers
from candidate_gen.query_building import QueryRules
from candidate_gen.query_hydration import hydrate_query
from candidate_gen.rank_input import rank_request
from candidate_gen.ranking import rank
from candidate_gen.relating import add_relations
from candidate_gen.request_checks import check_request
from candidate_gen.runner import Run
from candidate_gen.search import search_shards
from candidate_gen.selection import select_candidates
from candidate_gen.sources.category_recent import CategoryRecent
from candidate_gen.sources.fresh import Fresh
from candidate_gen.sources.friends_liked import FriendsLiked
from candidate_gen.sources.in_network import InNetwork
from candidate_gen.sources.nearest import Nearest
from candidate_gen.sources.popular import Popular
from candidate_gen.sources.similar_to_liked import SimilarToLiked
from candidate_gen.stages import Filter, Hydrator, Source
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply, RankRequest
from serving.contracts.receipt import Receipt
from serving.contracts.shard import SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.effort.stage_costs import StageCosts
from serving.effort.width import WITHOUT_MAIN_RANKER
from serving.errors import DependencyError
from serving.fallback_log import FallbackLog
from serving.metrics_recorder import Metrics
from serving.switches.switches import EVERYTHING_ON, SwitchBoard

SOURCES: Sequence[Source] = (
    InNetwork(),
    Nearest(),
    SimilarToLiked(),
    FriendsLiked(),
    CategoryRecent(),
    Popular(),
    Fresh(),
)
FILTERS: Sequence[Filter] = (
    SeenFilter(),
    ExcludedAuthorFilter(),
    OwnItemFilter(),
    BlockedFilter(),
    MutedFilter(),
    VisibilityFilter(),
    SensitiveFilter(),
    RegionFilter(),
    LanguageFilter(),
    AgeFilter(),
)


def hydrators_of(category_count: int) -> Sequence[Hydrator]:
    """`category_count`: categories of the generation's vocabulary."""
    return (
        CategoryAffinity(category_count),
        AuthorAffinity(),
        Acquaintance(),
        SameGroup(),
        FriendsLikedCount(),
    )


SWITCHES = switches_of(SOURCES, FILTERS, hydrators_of(0))


class CandidatePipeline:
    """Implements `serving.contracts.candidates.CandidateClient` for one generation."""

    def __init__(
        self,
        generation: str,
        shard_count: int,
        neighbours: Neighbours,
        rules: QueryRules,
        metrics: Metrics,
        switches: SwitchBoard = EVERYTHING_ON,
    ) -> None:
        self._generation = generation
        self._shard_count = shard_count
        self._neighbours = neighbours
        self._shards = FanOut(neighbours.shards)
        self._rules = rules
        self._metrics = metrics
        self._fallback_log = FallbackLog(metrics)
        self._costs = StageCosts(FIRST_COSTS_MS)
        hydrators = hydrators_of(len(rules.vocabulary.categories))
        self._stages = ActiveStages(SOURCES, FILTERS, hydrators, switches)

    async def generate(self, request: GenerateRequest, deadline: Deadline) -> RankReply:
        """Find, filter and rank; see the protocol.

        Raises:
            InvalidRequestError: naming the field.
            DeadlineError: too little time on arrival, or the ranker was late.
            CoverageError: fewer than half of the shards answered.
            DependencyError: no ranker.
            NotFoundError: nothing is left that this viewer may be shown.
        """
        check_request(request)
        deadline.require(MIN_REMAINING_MS)
        receipt = Receipt(generation=self._generation, shards_total=self._shard_count)
        run = Run(receipt, self._metrics, self._fallback_log, self._costs)
        neighbours, generation = self._neighbours, self._generation
        stages = self._stages.now
        for reason in stages.reasons:
            receipt.degrade(reason)
        narrowing = self._narrowing(request, receipt, deadline)

        query = await hydrate_query(run, neighbours, generation, request, self._rules, deadline)
        planned = plan_sources(run, stages.sources, query, self._shard_count)
        answers = await self._search(run, query, planned, narrowing)
        pool = _pooled(run, answers)
        batch = select_candidates(run, planned, pool)
        batch = await add_relations(run, neighbours.graph, generation, query, batch, deadline)
        most = narrowing.candidates(len(batch))
        batch = keep_showable(run, stages.filters, query, batch, most)
        share = narrowing.share_kept(most, len(batch))
        batch = add_hydrated(run, stages.hydrators, stages.missing, query, batch, share)
        ranked = rank_request(
            query, batch, generation, receipt, without_main_ranker=narrowing.without_main_ranker
        )
        return await self._rank(ranked, deadline, share)

    def _narrowing(
        self, request: GenerateRequest, receipt: Receipt, deadline: Deadline
    ) -> Narrowing:
        if request.rung != Rung.FULL:
            receipt.degrade(request.rung.reason)
        return Narrowing(request.rung, deadline, self._costs, receipt)

    async def _rank(self, request: RankRequest, deadline: Deadline, share: float) -> RankReply:
        """`share`: of the candidates there would be in full."""
        started_s = time.perf_counter()
        reply = await rank(self._neighbours.ranker, request, deadline)
        if WITHOUT_MAIN_RANKER.name not in reply.receipt.narrowed:
            self._costs.note("rank", (time.perf_counter() - started_s) * 1_000, share)
        return reply

    async def _search(
        self, run: Run, query: Query, planned: Sequence[PlannedSource], narrowing: Narrowing
    ) -> list[ShardAnswer]:
        parts = [source.part for source in planned if source.part is not None]
        if not parts:
            raise DependencyError("no source could say what to search for")
        probes = narrowing.probes()
        search = SearchRequest(self._generation, query.eligibility, parts, probes.share)
        deadline = share_of(narrowing.deadline, SEARCH_SHARE)
        answers = await search_shards(run, self._shards, search, deadline)
        narrowing.note_probes(
            probes, made_a_difference=any(answer.probed_less for answer in answers)
        )
        return answers


def _pooled(run: Run, answers: Sequence[ShardAnswer]) -> Pool:
    started_s = time.perf_counter()
    pool = pool_answers(answers)
    run.record("pool", len(pool.hits.rows), pool.row_count, started_s)
    return pool

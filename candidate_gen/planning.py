"""Asks every source what it wants to know, and remembers which answer is whose."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from candidate_gen.batch import Query
from candidate_gen.quotas import quotas_for, shard_limit
from candidate_gen.runner import Run
from candidate_gen.stages import Question, Source
from serving.contracts.shard import SearchPart

NEEDS_NEIGHBOURHOOD = ("in_network", "friends_liked")


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """One source's part in this request; `None` when it sits it out."""

    name: str
    quota: int
    part: SearchPart | None


def plan_sources(
    run: Run, sources: Sequence[Source], query: Query, shard_count: int
) -> list[PlannedSource]:
    """One entry per source, in their order. A source that fails is missing and the rest go on."""
    started_s = time.perf_counter()
    quotas = quotas_for(query.viewer.has_vector)
    questions = {source.name: _ask(run, source, query) for source in sources}
    asked = [name for name, question in questions.items() if question is not None]
    asked_quota = sum(quotas[name] for name in asked)
    planned = [
        PlannedSource(name, quotas[name], _part(question, quotas[name], asked_quota, shard_count))
        for name, question in questions.items()
    ]
    if not query.neighbourhood_known:
        for name in NEEDS_NEIGHBOURHOOD:
            run.receipt.degrade(f"source_missing:{name}")
    run.record("plan", len(planned), len(asked), started_s)
    return planned


def _ask(run: Run, source: Source, query: Query) -> Question | None:
    try:
        return source.plan(query)
    except Exception as error:
        run.fell_back(source.name, error)
        run.receipt.degrade(f"source_missing:{source.name}")
        return None


def _part(
    question: Question | None, quota: int, asked_quota: int, shard_count: int
) -> SearchPart | None:
    if question is None:
        return None
    limit = shard_limit(quota, asked_quota, shard_count)
    return SearchPart(question.kind, limit, question.vectors, question.ids, question.weights)

"""Looks the viewer and the neighbourhood up, before anything is searched."""

import time
from functools import partial

from candidate_gen.batch import Query
from candidate_gen.neighbours import VIEWER_SHARE, Neighbours, share_of
from candidate_gen.query_building import QueryRules, build_query, region_and_language
from candidate_gen.runner import Run
from candidate_gen.viewer_state.viewer import Profile
from serving.contracts.candidates import GenerateRequest
from serving.contracts.graph import NeighbourhoodLimits
from serving.deadline import Deadline

LIMITS = NeighbourhoodLimits()
NEIGHBOURHOOD_COLUMNS = ("follow_count", "friends_liked", "same_group")


async def hydrate_query(
    run: Run,
    neighbours: Neighbours,
    generation: str,
    request: GenerateRequest,
    rules: QueryRules,
    deadline: Deadline,
) -> Query:
    """Read, and go on with a cold viewer or without people around where that fails."""
    started_s = time.perf_counter()
    limit = share_of(deadline, VIEWER_SHARE)
    states, graph = neighbours.viewer_states, neighbours.graph
    viewer_id, now_ms = request.viewer_id, request.now_ms
    region, language = region_and_language(request, Profile(), rules.vocabulary)
    read_viewer = partial(states.read, viewer_id, now_ms, region, language)
    read_around = partial(graph.neighbourhood, generation, viewer_id, now_ms, LIMITS, limit)
    viewer, neighbourhood = await neighbours.together(
        partial(run.attempt, "viewer_state", read_viewer, limit),
        partial(run.attempt, "neighbourhood", read_around, limit),
    )
    run.note_lag(neighbours.viewer_lag(viewer_id))
    if viewer is None:
        run.receipt.degrade("viewer_state_unavailable")
        viewer = states.cold(region, language)
    if neighbourhood is None:
        run.receipt.degrade("neighbourhood_unavailable")
        run.default_columns(*NEIGHBOURHOOD_COLUMNS)
    else:
        run.note_lag(neighbourhood.bus_lag_messages)
    query = build_query(request, viewer, neighbourhood, rules)
    run.record("query", 1, 1, started_s)
    return query

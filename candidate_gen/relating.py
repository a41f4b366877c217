"""Asks the graph once how the viewer stands to all authors found."""

import time
from functools import partial

import numpy as np

from candidate_gen.batch import CandidateBatch, Query
from candidate_gen.neighbours import RELATIONS_SHARE, share_of
from candidate_gen.runner import Run
from generation.item_columns import NO_ID
from serving.contracts.graph import MAX_RELATIONS, GraphClient
from serving.deadline import Deadline
from serving.errors import DependencyError

RELATION_COLUMNS = ("follows_author", "is_friend", "follow_distance")


async def add_relations(
    run: Run,
    graph: GraphClient,
    generation: str,
    query: Query,
    batch: CandidateBatch,
    deadline: Deadline,
) -> CandidateBatch:
    """Add column `relation_flags` (`uint8[n]`, bits of `serving.contracts.graph`).

    When the graph does not answer, nobody is known to be blocked but those whom the session has
    excluded already: no flags, and the receipt says `blocks_unknown`.

    Args:
        batch: Items of at most `MAX_RELATIONS` authors.
    """
    started_s = time.perf_counter()
    authors, author_of = np.unique(batch["author_id"], return_inverse=True)
    known = authors != NO_ID
    asked = authors[known]
    if len(asked) > MAX_RELATIONS:
        raise ValueError(f"{len(asked)} authors found, at most {MAX_RELATIONS} can be asked for")
    flags = np.zeros(len(authors), np.uint8)
    if len(asked):
        limit = share_of(deadline, RELATIONS_SHARE)
        relations = await run.attempt(
            "relations",
            partial(graph.relations, generation, query.request.viewer_id, asked, limit),
            limit,
        )
        if relations is not None and len(relations.flags) != len(asked):
            short = f"{len(relations.flags)} relations for {len(asked)} authors"
            run.fell_back("relations", DependencyError(short))
            relations = None
        if relations is None:
            run.receipt.degrade("blocks_unknown")
            run.default_columns(*RELATION_COLUMNS)
        else:
            flags[known] = relations.flags
    run.record("relations", len(asked), len(asked), started_s)
    return batch.with_columns({"relation_flags": flags[author_of]})

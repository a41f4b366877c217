"""Asks the graph once how the viewer stands to all authors found."""

import time
from functools import partial

import numpy as np

from candidate_gen.batch import CandidateBatch, Query
from candidate_gen.membership import places_by_hash, sorted_distinct
from candidate_gen.neighbours import RELATIONS_SHARE, share_of
from candidate_gen.runner import Run
from generation.item_columns import NO_ID
from serving.contracts.graph import MAX_RELATIONS, GraphClient, Relations
from serving.contracts.shard import Ids
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
    authors = sorted_distinct(batch["author_id"])
    asked = authors[authors != NO_ID]
    if len(asked) > MAX_RELATIONS:
        raise ValueError(f"{len(asked)} authors found, at most {MAX_RELATIONS} can be asked for")
    # The last place is of items without an author, as -1 names it.
    flags = np.zeros(len(asked) + 1, np.uint8)
    share: float | None = 1.0
    if len(asked):
        relations = await _asked(run, graph, generation, query.request.viewer_id, asked, deadline)
        if relations is None:
            share = None
            run.receipt.degrade("blocks_unknown")
            run.default_columns(*RELATION_COLUMNS)
        else:
            flags[:-1] = relations.flags
    run.record("relations", len(asked), len(asked), started_s, share=share)
    return batch.with_columns(
        {"relation_flags": flags.take(places_by_hash(batch["author_id"], asked))}
    )


async def _asked(
    run: Run, graph: GraphClient, generation: str, viewer_id: int, authors: Ids, deadline: Deadline
) -> Relations | None:
    limit = share_of(deadline, RELATIONS_SHARE)
    relations = await run.attempt(
        "relations", partial(graph.relations, generation, viewer_id, authors, limit), limit
    )
    if relations is not None and len(relations.flags) != len(authors):
        short = f"{len(relations.flags)} relations for {len(authors)} authors"
        run.fell_back("relations", DependencyError(short))
        return None
    return relations

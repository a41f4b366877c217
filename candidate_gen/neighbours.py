"""Whom the pipeline asks, and how long for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from candidate_gen.together import Together, at_once
from candidate_gen.viewer_state.viewer import ViewerStates
from serving.contracts.graph import GraphClient
from serving.contracts.rank import RankerClient
from serving.contracts.shard import ShardClient
from serving.deadline import Deadline

MIN_REMAINING_MS = 5.0
"""With less left on arrival nothing is asked of anybody."""

VIEWER_SHARE, SEARCH_SHARE, RELATIONS_SHARE = 0.3, 0.6, 0.4
"""How much of the time left a step may take until it counts as failed; the ranker gets the rest."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Every service and store that candidates come from or go to.

    Attributes:
        viewer_lag: Viewer id -> see `ActionsLag.of_viewer`.
        together: How viewer and neighbourhood are read.
    """

    viewer_states: ViewerStates
    viewer_lag: Callable[[int], int]
    graph: GraphClient
    shards: Sequence[ShardClient]
    ranker: RankerClient
    together: Together = at_once


def share_of(deadline: Deadline, share: float) -> Deadline:
    """A deadline after `share` of what is left."""
    return deadline.at_most(deadline.remaining_ms() * share)

"""What candidate_gen asks of the social graph."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from serving.deadline import Deadline

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

MAX_RELATIONS = 1_000
BLOCKED, MUTED, FOLLOWS, FRIEND, SECOND_DEGREE = 1, 2, 4, 8, 16
"""Bits of `Relations.flags`: blocked either way, muted by the viewer, followed by the viewer,
friend, followed by somebody whom the viewer follows."""


@dataclass(frozen=True, slots=True)
class NeighbourhoodLimits:
    """Longest lists wanted."""

    followed: int = 1_000
    friends: int = 500
    groups: int = 200
    friends_liked: int = 400


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The people and groups around a viewer.

    Attributes:
        followed_ids, followed_affinity: `int64[f]`, `float32[f]` >= 0; best first.
        friend_ids, group_ids: `int64`, ascending.
        friends_liked_item_ids, friends_liked_counts: `int64[l]`, `float32[l]`: items with recent
            positives of friends (of followed, where authors are viewers but nobody follows back),
            and by how many; most first, ties by smaller id.
        follow_count: Authors followed in all.
        bus_lag_messages: Bus messages the graph has yet to apply.
    """

    followed_ids: Ids
    followed_affinity: Floats
    friend_ids: Ids
    group_ids: Ids
    friends_liked_item_ids: Ids
    friends_liked_counts: Floats
    follow_count: int
    bus_lag_messages: int


@dataclass(frozen=True, slots=True)
class Relations:
    """How a viewer stands to authors, in the order asked.

    Attributes:
        flags: `uint8[a]`, bits above.
        affinity: `float32[a]` of the follow, 0 where there is none.
    """

    flags: npt.NDArray[np.uint8]
    affinity: Floats


class GraphClient(Protocol):
    """The social graph."""

    async def neighbourhood(
        self,
        generation: str,
        viewer_id: int,
        now_ms: int,
        limits: NeighbourhoodLimits,
        deadline: Deadline,
    ) -> Neighbourhood:
        """Empty lists for a viewer nobody knows.

        Raises:
            PreconditionError: it does not hold `generation`.
            DependencyError, NotReadyError, DeadlineError: no answer.
        """
        ...

    async def relations(
        self, generation: str, viewer_id: int, author_ids: Ids, deadline: Deadline
    ) -> Relations:
        """Relations to at most 1,000 distinct authors; raises as `neighbourhood`, and
        InvalidRequestError for more."""
        ...

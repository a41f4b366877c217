"""What feed_assembly asks of candidate_gen."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from serving.contracts.rank import RankReply
from serving.deadline import Deadline
from serving.effort.rung import Rung

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One viewer in need of a new list.

    Attributes:
        region, language: Names from the call's context; empty: the viewer's own.
        excluded_item_ids, excluded_author_ids: `int64`: hidden, deleted, reported and recently
            served items; blocked and muted authors, as the session record has them.
        unfollowed_author_ids, left_group_ids: `int64`: no longer part of the neighbourhood.
        rung: Do no more than this; `STORED` and below ask for no list at all.
    """

    request_id: str
    viewer_id: int
    reply_partition: int
    revocation_version: int
    now_ms: int
    surface: str
    device: str
    region: str
    language: str
    utc_offset_minutes: int
    excluded_item_ids: Ids
    excluded_author_ids: Ids
    unfollowed_author_ids: Ids
    left_group_ids: Ids
    rung: Rung = Rung.FULL


class CandidateClient(Protocol):
    async def generate(self, request: GenerateRequest, deadline: Deadline) -> RankReply:
        """Find, filter and rank; the list arrives over the bus, the reply is its receipt.

        Raises:
            DependencyError, NotReadyError, DeadlineError: no new list this time.
            NotFoundError: nothing is left that this viewer may be shown.
        """
        ...

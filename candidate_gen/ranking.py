"""Hands the candidates to the ranker; without it there is no new list."""

from candidate_gen.runner import within
from serving.contracts.rank import RankerClient, RankReply, RankRequest
from serving.deadline import Deadline
from serving.errors import (
    DeadlineError,
    DependencyError,
    FeedError,
    NotReadyError,
    OverloadedError,
)


async def rank(ranker: RankerClient, request: RankRequest, deadline: Deadline) -> RankReply:
    """Rank, and say in the caller's terms why not.

    Raises:
        DependencyError, NotReadyError, DeadlineError, OverloadedError: no list.
    """
    try:
        return await within(ranker.rank(request, deadline), deadline)
    except (DependencyError, NotReadyError, DeadlineError, OverloadedError):
        raise
    except FeedError as error:
        # Refused by the ranker: our request or its generation is wrong, not our caller's.
        raise DependencyError(f"the ranker refused: {error}") from error

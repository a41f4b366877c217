"""What candidate_gen asks of the ranker, and the ranked list that comes of it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from features.inputs import ContextInputs, ViewerInputs
from serving.contracts.receipt import Receipt
from serving.contracts.shard import Columns
from serving.deadline import Deadline

MAX_CANDIDATES = 1_000
LIST_SIZE = 50
RESERVE_SIZE = 20


@dataclass(frozen=True, slots=True)
class RankRequest:
    """Candidates of one request, with all that is known of them.

    Attributes:
        viewer, context: One row each (`m` is 1).
        candidates: RANK_COLUMNS, at most 1,000 rows of distinct items.
        receipt: What happened so far; the ranker adds its stages to it.
        without_main_ranker: Order by the pre-ranker alone.
    """

    request_id: str
    generation: str
    viewer_id: int
    reply_partition: int
    revocation_version: int
    now_ms: int
    viewer: ViewerInputs
    context: ContextInputs
    candidates: Columns
    receipt: Receipt
    without_main_ranker: bool = False


@dataclass(frozen=True, slots=True)
class RankedList:
    """The best items of one request, best first; `protos/ranker.proto` has the wire form.

    Attributes:
        item_ids, author_ids: `int64[r]`.
        scores: `float32[r]`, the value model's.
        source_bits: `uint32[r]`.
        list_size: The first so many are the list (at most 50); the rest, at most 20, the reserve.
        features: `float32[list_size, FEATURE_COUNT]` for a sample of requests, else `None`.
        traceparent: The span that published it, see `serving/tracing/span.py`; empty untraced.
    """

    request_id: str
    viewer_id: int
    generation: str
    revocation_version: int
    created_ms: int
    item_ids: npt.NDArray[np.int64]
    author_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    source_bits: npt.NDArray[np.uint32]
    list_size: int
    receipt: Receipt
    features: npt.NDArray[np.float32] | None = None
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class RankReply:
    """`ranked_list` is set only when the bus did not acknowledge in time."""

    receipt: Receipt
    ranked_list: RankedList | None


class RankerClient(Protocol):
    async def rank(self, request: RankRequest, deadline: Deadline) -> RankReply:
        """Rank, publish to partition `reply_partition` of `ranked-lists`, answer the receipt.

        Raises:
            InvalidRequestError: columns are missing, of another length or not finite.
            PreconditionError: it does not hold `request.generation`.
            DependencyError, NotReadyError, DeadlineError: no list from it for this request.
        """
        ...

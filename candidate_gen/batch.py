"""What flows through the candidate pipeline: one query and one batch of candidates, as columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.viewer_state.viewer import ViewerState
from serving.contracts.candidates import GenerateRequest
from serving.contracts.graph import Neighbourhood
from serving.contracts.shard import Eligibility

Column = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Query:
    """One viewer asking for candidates, with all that is known before the search.

    Attributes:
        viewer: A cold state when it could not be read.
        neighbourhood: Without what was revoked since; empty when it could not be read.
        neighbourhood_known: Whether it could be read.
        eligibility: What the viewer may see; shards apply it, and filters again.
        own_author_id: The viewer as an author; `None` where authors are no viewers.
        surface, device: Vocabulary codes; 0 unknown.
    """

    request: GenerateRequest
    viewer: ViewerState
    neighbourhood: Neighbourhood
    neighbourhood_known: bool
    eligibility: Eligibility
    own_author_id: int | None
    surface: int
    device: int


@dataclass(frozen=True, slots=True)
class CandidateBatch:
    """`n` candidates, best first; row `i` of every column is the same item.

    Attributes:
        columns: `generation.item_columns.IDENTITY`, `PROVENANCE_COLUMNS` and `pool_row` (the row of
            `pool.Pool`), then what later stages add; the first axis of each is `n`.
    """

    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(self.columns["item_id"])

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def take(self, rows: Rows) -> "CandidateBatch":
        """Keep the rows named by an index array, in that order."""
        # `take` that clips is three times as fast as indexing; all rows are within bounds.
        return CandidateBatch(
            {name: column.take(rows, axis=0, mode="clip") for name, column in self.columns.items()}
        )

    def with_columns(self, columns: dict[str, Column]) -> "CandidateBatch":
        """Add or replace columns."""
        return CandidateBatch({**self.columns, **columns})

"""How a batch went: each entry is accepted or refused on its own."""

from dataclasses import dataclass

from serving.errors import FeedError


@dataclass(frozen=True, slots=True)
class EntryError:
    """Why one entry was refused.

    Attributes:
        index: 0-based place in the request.
        status: gRPC status name; `UNAVAILABLE` invites a retry.
        message: For the caller: no text of our own failures.
    """

    index: int
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Accepted entries and errors, in the order of the request, add up to the batch."""

    accepted_count: int
    errors: tuple[EntryError, ...]


class BatchErrors:
    """Collects the errors of one batch while it runs."""

    def __init__(self) -> None:
        self._by_index: dict[int, EntryError] = {}

    def refuse(self, index: int, error: FeedError) -> None:
        """Tell the caller the text of this error: it is about the entry itself."""
        self._by_index[index] = EntryError(index, error.status, str(error))

    def unavailable(self, index: int, problem: str) -> None:
        """Nothing is wrong with the entry: it can be sent again."""
        self._by_index[index] = EntryError(index, "UNAVAILABLE", problem)

    def result(self, entry_count: int) -> BatchResult:
        errors = tuple(self._by_index[index] for index in sorted(self._by_index))
        return BatchResult(entry_count - len(errors), errors)

"""What a failed call to a neighbour means here, in words of the error tree."""

import grpc

from serving.errors import (
    CoverageError,
    DeadlineError,
    DependencyError,
    FeedError,
    NotFoundError,
    OverloadedError,
    PreconditionError,
)
from serving.rich_status import reason_of

MEANINGS: dict[grpc.StatusCode, type[FeedError]] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: OverloadedError,
    grpc.StatusCode.FAILED_PRECONDITION: PreconditionError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    # The request was made here, from input that was checked: a bug of ours, not of our caller.
    grpc.StatusCode.INVALID_ARGUMENT: FeedError,
}
"""Every other status is a `DependencyError`."""

REASONS: dict[str, type[FeedError]] = {CoverageError.reason: CoverageError}
"""What says more than the status."""


def call_failure(neighbour: str, error: grpc.aio.AioRpcError) -> FeedError:
    """The error to raise `from error`.

    Args:
        neighbour: Who was called, for example `ann_shards/3`.
    """
    meaning = MEANINGS.get(error.code(), DependencyError)
    kind = REASONS.get(reason_of(error.trailing_metadata()), meaning)
    return kind(f"{neighbour}: {error.code().name}: {error.details() or 'no details'}")

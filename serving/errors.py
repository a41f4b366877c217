"""Every error raised on purpose, one tree; each maps to one gRPC status.

FeedError                    INTERNAL
├── InvalidRequestError      INVALID_ARGUMENT      the caller broke the contract; names the field
├── UnauthenticatedError     UNAUTHENTICATED       who calls is not known, or the proof is wrong
├── PermissionDeniedError    PERMISSION_DENIED     who calls may not call this
├── NotFoundError            NOT_FOUND             what was asked for is not here
├── PreconditionError        FAILED_PRECONDITION   for example another generation than asked for
├── DeadlineError            DEADLINE_EXCEEDED     too little time left to do what was asked for
├── OverloadedError          RESOURCE_EXHAUSTED    retry later, not at once
├── NotReadyError            UNAVAILABLE           still loading or draining
└── DependencyError          UNAVAILABLE           a store or service behind this one failed
    ├── CoverageError                              too few of the shards answered
    ├── BusUnavailableError
    └── StateUnavailableError
        └── StateDamagedError
"""


class FeedError(Exception):
    """Base of every error raised on purpose.

    Attributes:
        reason: What tells it from others of its status over gRPC, too (`google.rpc.ErrorInfo`);
            empty where the status says it all.
    """

    status = "INTERNAL"
    reason = ""


class InvalidRequestError(FeedError):
    """The request breaks its documented contract.

    Attributes:
        field: Path of the offending field, for example `actions[3].action_id`.
    """

    status = "INVALID_ARGUMENT"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class UnauthenticatedError(FeedError):
    status = "UNAUTHENTICATED"


class PermissionDeniedError(FeedError):
    status = "PERMISSION_DENIED"


class NotFoundError(FeedError):
    status = "NOT_FOUND"


class PreconditionError(FeedError):
    status = "FAILED_PRECONDITION"


class DeadlineError(FeedError):
    status = "DEADLINE_EXCEEDED"


class OverloadedError(FeedError):
    """There is no room for the call.

    Attributes:
        retry_after_ms: When the caller may try again; `None` says nothing about it.
    """

    status = "RESOURCE_EXHAUSTED"

    def __init__(self, message: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class NotReadyError(FeedError):
    status = "UNAVAILABLE"


class DependencyError(FeedError):
    """A store or service behind this one failed or was late."""

    status = "UNAVAILABLE"


class CoverageError(DependencyError):
    """Too few of the shards answered for a list worth showing."""

    reason = "COVERAGE_BELOW_HALF"


class BusUnavailableError(DependencyError):
    """The bus did not acknowledge in time."""


class StateUnavailableError(DependencyError):
    """The state store did not answer in time."""


class StateDamagedError(StateUnavailableError):
    """What the state store wrote cannot be read any more; waiting does not help."""

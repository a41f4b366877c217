"""How an error looks on the wire: code, message, and details that name the field at fault."""

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from serving.errors import DependencyError, FeedError, InvalidRequestError, OverloadedError

DETAILS_KEY = "grpc-status-details-bin"
PUSHBACK_KEY = "grpc-retry-pushback-ms"
"""Clients with a retry policy wait so long before they try again."""
MAX_MESSAGE_CHARACTERS = 1_000
"""Callers' values are part of messages, and clients refuse more than 16 KiB of metadata."""


def status_code(error: FeedError) -> grpc.StatusCode:
    """The gRPC status declared in the error tree."""
    return grpc.StatusCode[error.status]


def public_message(error: FeedError) -> str:
    """What the caller may read: failures of ours and of what is behind us keep their text."""
    if isinstance(error, DependencyError):
        return "a service or store behind this one did not answer"
    if error.status == FeedError.status:
        return "internal error"
    return str(error)[:MAX_MESSAGE_CHARACTERS]


def trailing_details(error: FeedError) -> tuple[tuple[str, bytes | str], ...]:
    """Trailing metadata: what is invalid, or when to come back; for other errors nothing."""
    if isinstance(error, OverloadedError) and error.retry_after_ms is not None:
        return ((PUSHBACK_KEY, str(error.retry_after_ms)),)
    if not isinstance(error, InvalidRequestError):
        return ()
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=error.field[:MAX_MESSAGE_CHARACTERS],
        description=error.problem[:MAX_MESSAGE_CHARACTERS],
    )
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    status = status_pb2.Status(
        code=code_pb2.Code.Value(error.status), message=public_message(error), details=[detail]
    )
    return ((DETAILS_KEY, status.SerializeToString()),)

"""How an error looks on the wire: code, message, and details that name field or reason."""

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import any_pb2, message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from serving.errors import DependencyError, FeedError, InvalidRequestError, OverloadedError

DETAILS_KEY = "grpc-status-details-bin"
PUSHBACK_KEY = "grpc-retry-pushback-ms"
"""Clients with a retry policy wait so long before they try again."""
MAX_MESSAGE_CHARACTERS = 1_000
"""Callers' values are part of messages, and clients refuse more than 16 KiB of metadata."""
DOMAIN = "feedrank"
"""Whose reasons they are."""


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
    """Trailing metadata: what is invalid, the reason, or when to come back, where there is one."""
    if isinstance(error, OverloadedError) and error.retry_after_ms is not None:
        return ((PUSHBACK_KEY, str(error.retry_after_ms)),)
    told = _detail(error)
    if told is None:
        return ()
    detail = any_pb2.Any()
    detail.Pack(told)
    status = status_pb2.Status(
        code=code_pb2.Code.Value(error.status), message=public_message(error), details=[detail]
    )
    return ((DETAILS_KEY, status.SerializeToString()),)


def reason_of(metadata: Iterable[Any] | None) -> str:
    """The reason that trailing metadata give, empty without one; `FeedError.reason`."""
    for key, value in metadata or ():
        if key == DETAILS_KEY:
            return _reason_in(value)
    return ""


def _detail(error: FeedError) -> Any:
    if error.reason:
        return error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    if not isinstance(error, InvalidRequestError):
        return None
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=error.field[:MAX_MESSAGE_CHARACTERS],
        description=error.problem[:MAX_MESSAGE_CHARACTERS],
    )
    return error_details_pb2.BadRequest(field_violations=[violation])


def _reason_in(value: bytes) -> str:
    info = error_details_pb2.ErrorInfo()
    try:
        for detail in status_pb2.Status.FromString(value).details:
            if detail.Unpack(info) and info.domain == DOMAIN:
                return str(info.reason)
    except message.DecodeError:
        pass  # of somebody who is not one of us: the status has to do
    return ""

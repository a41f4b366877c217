"""The id that joins the log lines of one request over all services."""

import uuid
from collections.abc import Iterable
from typing import Any

import structlog

METADATA_KEY = "x-request-id"
MAX_CHARACTERS = 64
"""Longer ids are cut: callers choose them, and every log line carries them."""


def bind_request_id(metadata: Iterable[tuple[str, Any]] | None) -> None:
    """Log under the id that the caller sent, or a new one."""
    for key, value in metadata or ():
        if key == METADATA_KEY and isinstance(value, str) and value:
            structlog.contextvars.bind_contextvars(request_id=value[:MAX_CHARACTERS])
            return
    structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex)


def current_request_id() -> str | None:
    """The id bound in this task, to be passed on; `None` outside of a request."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return request_id if isinstance(request_id, str) else None

"""The id that joins the log lines of one request over all services."""

import random
import re
from collections.abc import Iterable
from typing import Any

import structlog

METADATA_KEY = "x-request-id"
SAFE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""Callers choose ids, and every log line carries them. Others are replaced: a part of one would
be found under no name that the caller knows."""


def bind_request_id(metadata: Iterable[tuple[str, Any]] | None) -> None:
    """Log under the id that the caller sent if it is a safe one, or under a new one."""
    for key, value in metadata or ():
        if key == METADATA_KEY and isinstance(value, str) and SAFE.fullmatch(value):
            structlog.contextvars.bind_contextvars(request_id=value)
            return
    structlog.contextvars.bind_contextvars(request_id=f"{random.getrandbits(128):032x}")


def current_request_id() -> str | None:
    """The id bound in this task, to be passed on; `None` outside of a request."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return request_id if isinstance(request_id, str) else None

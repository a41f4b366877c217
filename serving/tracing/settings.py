"""Where traces go, and of how many requests."""

from pydantic import Field
from pydantic_settings import BaseSettings


class TracingSettings(BaseSettings):
    """Part of `CommonSettings`."""

    trace_to: str | None = Field(default=None, pattern=r"^https?://.+$")
    """Address of an OpenTelemetry collector (OTLP over gRPC), for example
    `http://127.0.0.1:4317`; no traces when unset. Needs `feedrank[trace]`."""

    trace_share: float = Field(default=0.01, ge=0, le=1)
    """Of requests that come without a decision of their caller (`traceparent`), so many are
    traced; the others keep the caller's decision."""

"""What the embedded server, all services in one process, is configured with."""

from typing import ClassVar

from pydantic import Field, PositiveFloat

from serving.settings import CommonSettings


class EmbeddedSettings(CommonSettings):
    service: ClassVar[str] = "embedded"

    max_item_age_days: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Age limit of items per surface name, for example `{"home": 30}`; none for the others."""

    allow_as_of: bool = False
    """Whether a caller may set the time of a request by the header `x-feedrank-as-of-ms`."""

    allow_rung: bool = False
    """Whether a caller may ask for a rung of the ladder by the header `x-feedrank-rung`."""

    assume_seen: bool = False
    """Whether what is served counts as seen; for clients that cannot report impressions."""

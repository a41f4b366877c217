"""How much a server lets in at a time; the defaults find out by themselves."""

from pydantic import Field
from pydantic_settings import BaseSettings


class AdmissionSettings(BaseSettings):
    admission: bool = True
    """Whether calls pass the admission gate; without it only `max_concurrent_calls` holds."""

    admission_min_running: int = Field(default=2, ge=1)
    """Calls of one method that may always run at a time, however slow they are."""

    admission_max_running: int = Field(default=128, ge=1)
    """Calls of one method that may run at a time, however quick they are."""

    admission_wait_factor: float = Field(default=3.0, ge=0)
    """A call waits for its turn at most so many times what it takes on an idle server."""

    admission_wait_share: float = Field(default=0.25, ge=0, le=1)
    """Or this share of the time it has left, if that is more, and up to 250 ms: who has time is not
    refused for want of it."""

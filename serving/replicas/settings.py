"""What a process that calls replicas is configured with."""

from pydantic import Field
from pydantic_settings import BaseSettings


class ReplicaSettings(BaseSettings):
    """Part of the settings of services that call others."""

    extra_call_share: float = Field(default=0.05, ge=0, le=1)
    """Hedges and retries to another replica, as a share of all calls to a neighbour; 0 for none."""

"""How a server reads the bus."""

from pydantic import Field
from pydantic_settings import BaseSettings

from serving.bus.dead_letters import MAX_UNREADABLE_SHARE


class BusSettings(BaseSettings):
    """Part of every server's settings."""

    max_unreadable_share: float = Field(default=MAX_UNREADABLE_SHARE, ge=0, le=1)
    """A reader of the bus halts when more of its last 1,000 messages (and at least 50) cannot be
    read. It goes on when the process is started again: with 1 it sets all of them aside."""

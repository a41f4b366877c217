"""What a process of shards is configured with."""

from typing import ClassVar

from pydantic import NonNegativeInt

from serving.settings import CommonSettings


class AnnShardSettings(CommonSettings):
    service: ClassVar[str] = "ann_shards"

    shards: tuple[NonNegativeInt, ...] | None = None
    """Numbers of the shards this process holds, for example `[0, 2]`; all of them when unset."""

    aggregate_counters: bool = False
    """Whether this process also counts actions for all shards. Exactly one process must."""

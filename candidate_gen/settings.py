"""What a candidate_gen process is configured with."""

from typing import Annotated, ClassVar

from pydantic import Field, PositiveFloat, ValidationInfo, field_validator

from serving.replicas.addresses import ReplicaAddresses
from serving.replicas.settings import ReplicaSettings
from serving.settings import CommonSettings


class CandidateGenSettings(CommonSettings, ReplicaSettings):
    service: ClassVar[str] = "candidate_gen"

    shard_addresses: Annotated[tuple[ReplicaAddresses, ...], Field(min_length=1)]
    """One entry per group of replicas that hold the same shards; together the groups hold all.
    `host:port`, `host:port,host:port`, or `dns:///name:port` whose every address is a replica."""

    graph_address: ReplicaAddresses
    """social_graph, with its replicas."""

    ranker_address: ReplicaAddresses

    replicas: int = Field(default=1, ge=1, le=64)
    """Processes that share the partitions of `actions`; every partition must have its owner."""

    replica: int = Field(default=0, ge=0)
    """Which of them this is, from 0."""

    max_item_age_days: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Age limit of items per surface name, for example `{"home": 30}`; none for the others. Leave
    it out for imported history."""

    @field_validator("replica")
    @classmethod
    def _is_one_of_the_replicas(cls, replica: int, others: ValidationInfo) -> int:
        if replica >= others.data.get("replicas", replica + 1):
            raise ValueError(f"{replica} is not below replicas, {others.data['replicas']}")
        return replica

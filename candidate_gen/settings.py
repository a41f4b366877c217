"""What a candidate_gen process is configured with."""

from typing import Annotated, ClassVar

from pydantic import Field, PositiveFloat, ValidationInfo, field_validator

from serving.settings import CommonSettings

Address = Annotated[str, Field(min_length=1)]


class CandidateGenSettings(CommonSettings):
    service: ClassVar[str] = "candidate_gen"

    shard_addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    """One address per group of replicas that hold the same shards; together they hold all.
    `host:port`, `dns:///host:port` or `ipv4:host:port,host:port`, as the two below."""

    graph_address: Address
    """social_graph."""

    ranker_address: Address

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

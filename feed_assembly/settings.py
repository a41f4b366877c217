"""What a feed_assembly process is configured with."""

from typing import ClassVar

from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator

from serving.bus.topics import RANKED_LISTS
from serving.replicas.addresses import ReplicaAddresses
from serving.replicas.settings import ReplicaSettings
from serving.settings import CommonSettings


class FeedAssemblySettings(CommonSettings, ReplicaSettings):
    service: ClassVar[str] = "feed_assembly"

    candidate_address: ReplicaAddresses
    """candidate_gen, with its replicas: `host:port`, `host:port,host:port`, or `dns:///name:port`
    whose every address is a replica."""

    replicas: int = Field(default=1, ge=1, le=RANKED_LISTS.partitions)
    """Processes that share the partitions of `ranked-lists`."""

    replica: int = Field(default=0, ge=0)
    """Which of them this is, from 0; in a StatefulSet the ordinal."""

    page_token_key: SecretStr | None = None
    """64 hex digits that page tokens are signed with, the same for all replicas. It stays until a
    restart: `page_token_keys` does not."""

    page_token_keys: FilePath | None = None
    """File of keys for page tokens (`feedrank keys rotate`), the same for all replicas and read
    again when it changes; goes before `page_token_key`. Without both, one is kept in `home`."""

    allow_as_of: bool = False
    """Whether a caller may set the time of a request by the header `x-feedrank-as-of-ms`."""

    allow_rung: bool = False
    """Whether a caller may ask for a rung of the ladder by the header `x-feedrank-rung`."""

    assume_seen: bool = False
    """Whether what is served counts as seen; for clients that cannot report impressions."""

    @field_validator("replica")
    @classmethod
    def _is_one_of_the_replicas(cls, replica: int, others: ValidationInfo) -> int:
        if replica >= others.data.get("replicas", replica + 1):
            raise ValueError(f"{replica} is not below replicas, {others.data['replicas']}")
        return replica

    @field_validator("page_token_key")
    @classmethod
    def _is_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                is_long_enough = len(bytes.fromhex(key.get_secret_value())) == 32
            except ValueError:
                is_long_enough = False
            if not is_long_enough:
                raise ValueError("need 64 hex digits")
        return key

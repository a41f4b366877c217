"""What every server is configured with; each service adds its own fields in a subclass.

Objects are passed by hand. `serving.settings_loading.load_settings` reads them from the environment
and one TOML file, once, in `main`; building one directly (tests, the embedded mode) reads nothing.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, FilePath, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from serving.access.settings import AccessSettings
from serving.admission.settings import AdmissionSettings
from serving.bus.kafka_address import KafkaAddress, is_kafka
from serving.bus.settings import BusSettings
from serving.switches.settings import SwitchSettings
from serving.tracing.settings import TracingSettings

BUS_ADDRESS = r"^(log|kafkas?)://.+$"
STATE_ADDRESS = r"^(rocksdb|redis|rediss)://.+$"

Port = Annotated[int, Field(ge=0, le=65_535)]


class CommonSettings(
    AccessSettings, AdmissionSettings, BusSettings, SwitchSettings, TracingSettings
):
    """Settings shared by all servers. Subclasses set `service` and add fields with defaults.

    Attributes:
        service: Name of the table in the TOML file, and of the prefix in the environment
            (`FEEDRANK_RANKER__…`), that is meant for this server only.
    """

    service: ClassVar[str] = "common"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_default=True)

    port: Port = 50_051
    """Port of the gRPC endpoint; 0 takes a free one."""

    metrics_port: Port | None = None
    """Port of the Prometheus endpoint; none when unset, 0 takes a free one."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    generations: Path
    """Folder that holds `CURRENT` and the generations."""

    generation_keys: FilePath | None = None
    """File of trusted keys (`feedrank keys new`): a generation that none of them signed is
    refused. Without it a generation needs no signature."""

    home: Path
    """Folder of this installation's own data: embedded bus, embedded state, overlays, clock."""

    bus: str = Field(
        default_factory=lambda fields: f"log://{fields['home']}/bus", pattern=BUS_ADDRESS
    )
    """`log://FOLDER`, `kafka://HOST:PORT`, or over TLS `kafkas://HOST:PORT?…` with its files and
    who logs in (`docs/security.md`); by default a log in `home`."""

    state: str = Field(
        default_factory=lambda fields: f"rocksdb://{fields['home']}/state", pattern=STATE_ADDRESS
    )
    """`rocksdb://FOLDER` or `redis://HOST:PORT/DB`; by default a store in `home`."""

    clock: Literal["auto", "data", "wall"] = "auto"
    """`data` runs time on from the generation's data, `wall` is the machine's time; `auto` takes
    `wall` when the data is at most a day old at first start, and then stays with that choice."""

    clock_offset_ms: int | None = None
    """Data time minus wall time, given when several machines must agree; else kept in `home`."""

    max_message_bytes: int = Field(default=4 * 1024 * 1024, ge=1_024, le=256 * 1024 * 1024)
    """Largest request and response."""

    max_concurrent_calls: int = Field(default=256, ge=1)
    """More calls in progress are refused with RESOURCE_EXHAUSTED; open health watches count."""

    min_remaining_ms: float = Field(default=5.0, ge=0)
    """A call that arrives with less of its deadline left is refused before any work."""

    default_deadline_ms: float = Field(default=150.0, gt=0)
    """How long a call may take whose caller set no deadline."""

    unhealthy_wait_s: float = Field(default=0.3, ge=0, le=300)
    """Between reporting NOT_SERVING and refusing calls, so that callers can look elsewhere."""

    drain_s: float = Field(default=5.0, ge=0, le=300)
    """How long calls in progress may still take once new ones are refused."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library names the arguments
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing behind the caller's back: `load_settings` does, and passes the values."""
        return (init_settings,)

    @field_validator("bus")
    @classmethod
    def _bus_can_be_understood(cls, address: str) -> str:
        if is_kafka(address):
            KafkaAddress.parse(address)
        return address

    @field_validator("home", "generations")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        # Addresses are derived from it, and `log://state` would read as a host.
        return folder.expanduser().absolute()

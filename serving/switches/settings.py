"""Where a process finds its switches."""

from pathlib import Path

from pydantic_settings import BaseSettings

FILE_NAME = "switches.toml"


class SwitchSettings(BaseSettings):
    """Part of the settings of all services."""

    switches: Path | None = None
    """File that switches parts off while it runs (`feedrank switch`); by default `switches.toml` in
    `home`. It need not exist."""

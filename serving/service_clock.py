"""The clock that every process of one installation shares, from its settings and its generation."""

from generation.manifest import Manifest
from serving.clock import Clock, open_clock
from serving.settings import CommonSettings


def open_service_clock(settings: CommonSettings, manifest: Manifest) -> Clock:
    """See `serving.clock.open_clock`, whose choices the settings hold.

    Raises:
        ValueError: `clock.json` in `home` cannot be read.
    """
    return open_clock(
        settings.clock,
        settings.home,
        manifest.name,
        manifest.data_time_ms,
        offset_ms=settings.clock_offset_ms,
    )

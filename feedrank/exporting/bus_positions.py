"""How far a data folder has read each bus, as `dataset.json` keeps it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import structlog

from generation.bus_positions import TopicOffsets
from tables.live_files import live_file_name

_UNNAMED, _NAMED = "bus_offsets", "bus_positions"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FolderPositions:
    """What a folder knows of one bus.

    Attributes:
        offsets: Of the first messages it lacks; empty for a bus it has never read.
    """

    bus_id: str
    offsets: TopicOffsets

    @classmethod
    def of(cls, said: dict[str, Any], bus_id: str) -> "FolderPositions":
        """Read `dataset.json`. Folders from before buses had identities have offsets without one:
        the first bus that is exported takes them over."""
        named = said.get(_NAMED, {})
        if named and bus_id not in named:
            log.info("first export from this bus: from its beginning", bus=bus_id)
        offsets = named.get(bus_id, {}) if named else said.get(_UNNAMED, {})
        return cls(bus_id, offsets)

    def live_name(self) -> str:
        """The same for every attempt to export from these offsets, and for no other export."""
        start = json.dumps(self.offsets, sort_keys=True).encode()
        return live_file_name(hashlib.sha256(start).hexdigest()[:12], self.bus_id)

    def moved(self, said: dict[str, Any], reached: TopicOffsets) -> dict[str, Any]:
        """`dataset.json` once everything before `reached` is in the tables."""
        kept = {key: value for key, value in said.items() if key != _UNNAMED}
        offsets = {**self.offsets, **reached}
        return {**kept, _NAMED: {**said.get(_NAMED, {}), self.bus_id: offsets}}

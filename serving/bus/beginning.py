"""Where a reader begins on the bus in service, and a line in the log where that may surprise."""

import structlog

from generation.bus_positions import FirstOffsets

_log = structlog.get_logger(__name__)


def beginning_on(bus_id: str, first: FirstOffsets, *, topic: str, reader: str) -> dict[int, int]:
    """Partition -> offset of the first message to read, see `FirstOffsets.on`."""
    if first.is_elsewhere(bus_id):
        _log.warning(
            "the generation's data was read from another bus: this one is read from its beginning",
            topic=topic,
            reader=reader,
            bus=bus_id,
            read=sorted(first.by_bus),
        )
    elif any(first.unnamed.values()) and not first.by_bus:
        _log.warning(
            "the generation does not say which bus its offsets are of: taken for this one's",
            topic=topic,
            reader=reader,
            bus=bus_id,
        )
    return first.on(bus_id)

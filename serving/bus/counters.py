"""What a bus counts about itself, read by the metrics layer."""

from dataclasses import dataclass


@dataclass(slots=True)
class BusCounters:
    """Totals since the bus was made.

    Attributes:
        published: Messages acknowledged.
        delivered: Messages handed out by `poll`.
        dropped: Messages `send` refused, or accepted and then failed to write.
        publish_failures: `publish` calls that ended in `BusUnavailableError`.
        replay_truncated: Times a reader's offset had been removed by retention.
        disk_syncs: Synced writes to disk (embedded log only).
        parked: Undecodable messages put into a dead-letter topic.
    """

    published: int = 0
    delivered: int = 0
    dropped: int = 0
    publish_failures: int = 0
    replay_truncated: int = 0
    disk_syncs: int = 0
    parked: int = 0

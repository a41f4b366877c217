"""How far the data of a generation goes on every bus it was read from.

Offsets mean nothing without the bus they are of. A generation that is served on another bus than
its data was read from lacks everything that is on that bus, so readers begin at its beginning.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TopicOffsets = dict[str, dict[str, int]]
"""topic -> partition -> offset of the first message that the data lacks."""
BusPositions = dict[str, TopicOffsets]
"""Identity of a bus -> offsets there."""


@dataclass(frozen=True, slots=True)
class FirstOffsets:
    """Where a reader of one topic begins, which depends on the bus that it reads.

    Attributes:
        partitions: Those it reads.
        by_bus: Identity of a bus -> partition -> offset.
        unnamed: Partition -> offset on a bus that the data does not name, as data from before
            buses had identities; taken for any bus while `by_bus` is empty.
    """

    partitions: tuple[int, ...]
    by_bus: Mapping[str, Mapping[int, int]]
    unnamed: Mapping[int, int]

    def on(self, bus_id: str) -> dict[int, int]:
        """Partition -> offset of the first message to read; 0 where nothing is known."""
        offsets = self.by_bus.get(bus_id, {}) if self.by_bus else self.unnamed
        return {partition: offsets.get(partition, 0) for partition in self.partitions}

    def is_elsewhere(self, bus_id: str) -> bool:
        """Whether the data was read from other buses, and never from this one."""
        return bool(self.by_bus) and bus_id not in self.by_bus


def offsets_of(partitions: Mapping[str, int]) -> dict[int, int]:
    """Partition -> offset, from the form in which JSON keeps it."""
    return {int(partition): offset for partition, offset in partitions.items()}

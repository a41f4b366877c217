"""Where a consumer begins: given in advance, or known once the bus has said which one it is."""

from collections.abc import Mapping

from generation.bus_positions import FirstOffsets
from serving.bus.beginning import beginning_on
from serving.bus.bus import Bus
from serving.bus.topics import Topic

Start = Mapping[int, int | None] | FirstOffsets
"""Partition -> first offset (`None`: the end), or those of a generation."""


class ConsumerStart:
    """The beginning of one consumer, looked up once."""

    def __init__(self, bus: Bus, topic: Topic, start: Start, reader: str) -> None:
        self.partitions = list(start.partitions if isinstance(start, FirstOffsets) else start)
        self._bus = bus
        self._topic = topic
        self._start = start
        self.reader = reader

    async def offsets(self) -> Mapping[int, int | None]:
        """Partition -> first offset, `None` for the end.

        Raises:
            BusUnavailableError: the bus does not say which one it is.
        """
        if isinstance(self._start, FirstOffsets):
            bus_id = await self._bus.identity()
            found = beginning_on(bus_id, self._start, topic=self._topic.name, reader=self.reader)
            self._start = dict(found)
        return self._start

"""How far the viewers' overlay is behind the bus, asked once a second and told by every receipt.

Each replica applies some partitions of `actions` and knows how far it is with those; of a viewer
whose actions another replica applies it cannot tell.
"""

import asyncio

from candidate_gen.viewer_state.keys import READER
from serving.bus.topics import ACTIONS, partition_of
from serving.errors import BusUnavailableError
from serving.lag_metrics import LaggingReader, publish_lag
from serving.metrics_recorder import Metrics

INTERVAL_S = 1.0


class ActionsLag:
    """Remembers the latest answer; while the bus is away, the last one stands."""

    def __init__(self, updater: LaggingReader, metrics: Metrics) -> None:
        self._updater = updater
        self._metrics = metrics
        self._messages: dict[int, int] = {}

    async def refresh(self) -> None:
        """Ask once."""
        try:
            self._messages = await publish_lag(self._metrics, READER, self._updater)
        except BusUnavailableError:
            return

    def of_viewer(self, viewer_id: int) -> int:
        """Actions not yet applied of the viewer's partition; 0 where that is another replica's."""
        return self._messages.get(partition_of(viewer_id, ACTIONS.partitions), 0)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(INTERVAL_S)

"""How far the viewers' overlay is behind the bus, asked once a second and told by every receipt."""

import asyncio

from candidate_gen.viewer_state.keys import READER
from serving.errors import BusUnavailableError
from serving.lag_metrics import LaggingReader, publish_lag
from serving.metrics_recorder import Metrics

INTERVAL_S = 1.0


class ActionsLag:
    """Remembers the latest answer; while the bus is away, the last one stands.

    Attributes:
        messages: Actions not yet applied, over all partitions of this replica.
    """

    def __init__(self, updater: LaggingReader, metrics: Metrics) -> None:
        self._updater = updater
        self._metrics = metrics
        self.messages = 0

    async def refresh(self) -> None:
        """Ask once."""
        try:
            lag = await publish_lag(self._metrics, READER, self._updater)
        except BusUnavailableError:
            return
        self.messages = sum(lag.values())

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(INTERVAL_S)

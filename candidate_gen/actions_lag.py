"""How far the viewers' overlay is behind the bus, asked once a second and told by every receipt."""

import asyncio
from typing import Protocol

from candidate_gen.viewer_state.keys import READER
from serving.errors import BusUnavailableError
from serving.metrics import BUS_LAG
from serving.metrics_recorder import Metrics

INTERVAL_S = 1.0


class LagReader(Protocol):
    """What is needed of the overlay's updater."""

    async def lag(self) -> dict[int, int]:
        """Partition -> messages not yet applied.

        Raises:
            BusUnavailableError: the bus does not answer.
        """
        ...


class ActionsLag:
    """Remembers the latest answer; while the bus is away, the last one stands.

    Attributes:
        messages: Actions not yet applied, over all partitions of this replica.
    """

    def __init__(self, updater: LagReader, metrics: Metrics) -> None:
        self._updater = updater
        self._metrics = metrics
        self.messages = 0

    async def refresh(self) -> None:
        """Ask once."""
        try:
            lag = await self._updater.lag()
        except BusUnavailableError:
            return
        self.messages = sum(lag.values())
        for partition, messages in lag.items():
            self._metrics.gauge(BUS_LAG, READER, str(partition)).set(messages)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(INTERVAL_S)

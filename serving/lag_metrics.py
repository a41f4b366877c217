"""Publishes how far a reader of the bus is behind, the same for every reader."""

from typing import Protocol

from serving.metrics import BUS_LAG
from serving.metrics_recorder import Metrics


class LaggingReader(Protocol):
    """What is needed of a consumer."""

    async def lag(self) -> dict[int, int]:
        """Partition -> messages not yet applied.

        Raises:
            BusUnavailableError: the bus does not answer.
        """
        ...


async def publish_lag(metrics: Metrics, reader: str, consumer: LaggingReader) -> dict[int, int]:
    """Ask for the lag, publish and return it.

    Raises:
        BusUnavailableError: the bus does not answer; what was published stands.
    """
    lag = await consumer.lag()
    for partition, messages in lag.items():
        metrics.gauge(BUS_LAG, reader, str(partition)).set(messages)
    return lag

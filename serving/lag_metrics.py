"""Publishes how far a reader of the bus is behind, the same for every reader."""

from typing import Protocol

from serving.metrics import BUS_HALTED, BUS_LAG, BUS_STALENESS
from serving.metrics_recorder import Metrics


class LaggingReader(Protocol):
    """What is needed of a consumer."""

    async def lag(self) -> dict[int, int]:
        """Partition -> messages not yet applied.

        Raises:
            BusUnavailableError: the bus does not answer.
        """
        ...

    def staleness_ms(self) -> int:
        """See `ConsumerProgress.staleness_ms`."""
        ...

    @property
    def is_halted(self) -> bool:
        """See `ConsumerProgress.is_halted`."""
        ...


async def publish_lag(metrics: Metrics, reader: str, consumer: LaggingReader) -> dict[int, int]:
    """Ask for the lag, publish and return it.

    Raises:
        BusUnavailableError: the bus does not answer; the lag published last stands.
    """
    try:
        lag = await consumer.lag()
    finally:
        metrics.gauge(BUS_STALENESS, reader).set(consumer.staleness_ms())
        metrics.gauge(BUS_HALTED, reader).set(consumer.is_halted)
    for partition, messages in lag.items():
        metrics.gauge(BUS_LAG, reader, str(partition)).set(messages)
    return lag

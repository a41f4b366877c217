"""Picks the bus by its address, so that nothing else needs to know which one it talks to.

Only the one that is picked is imported: the client of a bus takes a tenth of a second to load.
"""

from pathlib import Path

from serving.bus.bus import Bus
from serving.bus.dead_letters import MAX_UNREADABLE_SHARE
from serving.bus.kafka_address import is_kafka, not_understood
from serving.errors import InvalidRequestError
from serving.metrics_recorder import Metrics


def open_bus(
    address: str,
    *,
    max_unreadable_share: float = MAX_UNREADABLE_SHARE,
    metrics: Metrics | None = None,
) -> Bus:
    """The bus at `log://DIRECTORY`, `kafka://…` or `kafkas://…` (`KafkaAddress`), not yet started.

    Args:
        metrics: Counts how often changed certificates and passwords of a Kafka were taken.

    Raises:
        InvalidRequestError: The address is of none of these forms; never shows a password.
    """
    scheme, _, rest = address.partition("://")
    if scheme == "log" and rest:
        from serving.bus.log_bus import LogBus

        return LogBus(Path(rest), max_unreadable_share=max_unreadable_share)
    if not is_kafka(address):
        raise InvalidRequestError("bus", not_understood(address))
    from serving.bus.kafka_bus import KafkaBus
    from serving.bus.kafka_servers import KafkaServers

    try:
        servers = KafkaServers.at(address, metrics)
    except ValueError as error:
        raise InvalidRequestError("bus", str(error)) from None
    return KafkaBus(servers, max_unreadable_share=max_unreadable_share)

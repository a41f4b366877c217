"""Picks the bus by its address, so that nothing else needs to know which one it talks to."""

import re
from pathlib import Path

from serving.bus.bus import Bus
from serving.bus.dead_letters import MAX_UNREADABLE_SHARE
from serving.bus.kafka_bus import KafkaBus
from serving.bus.log_bus import LogBus
from serving.errors import InvalidRequestError

_SERVER = re.compile(r"[^\s/,:]+:\d+|\[[0-9a-fA-F:]+\]:\d+")


def open_bus(address: str, *, max_unreadable_share: float = MAX_UNREADABLE_SHARE) -> Bus:
    """The bus at `log://DIRECTORY` or `kafka://HOST:PORT[,HOST:PORT...]`, not yet started.

    Raises:
        InvalidRequestError: The address is of neither form.
    """
    scheme, separator, rest = address.partition("://")
    if separator and rest and scheme == "log":
        return LogBus(Path(rest), max_unreadable_share=max_unreadable_share)
    if separator and scheme == "kafka" and all(map(_SERVER.fullmatch, rest.split(","))):
        return KafkaBus(rest, max_unreadable_share=max_unreadable_share)
    problem = f"{address!r} is neither log://DIRECTORY nor kafka://HOST:PORT[,HOST:PORT...]"
    raise InvalidRequestError("bus", problem)

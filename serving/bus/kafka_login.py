"""The password of the user that logs in to Kafka: from a file that may change, or a variable."""

import os
from collections.abc import Callable
from pathlib import Path

from serving.bus.kafka_address import KafkaAddress
from serving.bus.kafka_files import KafkaFiles, KafkaFilesError, read_option
from serving.metrics_recorder import Metrics

Password = Callable[[], str]
"""The password of this moment; raises KafkaFilesError where there is none."""


def password_of(address: KafkaAddress, metrics: Metrics) -> Password:
    """How the password of `address.user` is got."""
    path = address.password_file
    if path is None:
        return lambda: _from_variable(str(address.password_variable))
    files = KafkaFiles("bus_password", [path], lambda: _from_file(path), metrics)
    return lambda: files.value


def _from_file(path: Path) -> str:
    try:
        # Editors and `echo` end a file with a line break, which no password means.
        password = read_option(path, "password_file").decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise KafkaFilesError("password_file is not text in UTF-8") from None
    if not password:
        raise KafkaFilesError("password_file is empty")
    return password


def _from_variable(name: str) -> str:
    password = os.environ.get(name, "")
    if not password:
        raise KafkaFilesError(f"password_variable: {name} is not set")
    return password

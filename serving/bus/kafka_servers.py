"""The Kafka that everything of ours connects to, and how its clients are made to."""

import asyncio
import logging
from typing import Any

from aiokafka import errors as kafka_errors

from serving.bus.kafka_address import KafkaAddress
from serving.bus.kafka_files import KafkaFilesError
from serving.bus.kafka_login import password_of
from serving.bus.kafka_probe import PROBE_S, KafkaProblem, kafka_problem
from serving.bus.kafka_tls_context import KafkaTlsContext
from serving.metrics_recorder import Metrics

REMEMBER_S = 5.0
"""How long the cause of a failure is believed: many clients fail at once, for one cause."""

_UNEXPLAINED = (
    kafka_errors.KafkaConnectionError,
    kafka_errors.NodeNotReadyError,
    kafka_errors.StaleMetadata,
    TimeoutError,
    OSError,
)


class KafkaServers:
    """Where Kafka is, over what, and as whom; `str` of it is where, which may be logged."""

    def __init__(self, address: KafkaAddress, metrics: Metrics | None = None) -> None:
        """`metrics` counts how often changed files were taken."""
        metrics = metrics or Metrics()
        self._address = address
        self._context = KafkaTlsContext(address, metrics) if address.tls else None
        self._password = password_of(address, metrics) if address.user else None
        self._probe: asyncio.Task[KafkaProblem | None] | None = None
        self._probed_s = 0.0
        if address.user:
            # It logs every login, and at `debug` whole requests: the password is in one of them.
            logging.getLogger("aiokafka.conn").setLevel(logging.WARNING)

    @classmethod
    def at(cls, address: str, metrics: Metrics | None = None) -> "KafkaServers":
        """Those at `kafka://…` or `kafkas://…`; raises ValueError as `KafkaAddress.parse`."""
        return cls(KafkaAddress.parse(address), metrics)

    def __str__(self) -> str:
        return self._address.servers

    def client_options(self) -> dict[str, Any]:
        """What every client of aiokafka is made with."""
        return {"bootstrap_servers": self._address.servers, **self._connection_options()}

    def password(self) -> str | None:
        """The one of this moment; empty while there is none, `None` if nobody logs in.

        Clients keep the one that they were made with.
        """
        if self._password is None:
            return None
        try:
            return self._password()
        except KafkaFilesError:
            return ""  # refused by every server; `problem` says why

    async def problem(self) -> KafkaProblem | None:
        """What keeps us from connecting; `None` if nothing does."""
        options = self._connection_options()
        try:
            if self._context is not None:
                options["ssl_context"] = self._context.newest()
            if self._password is not None:
                self._password()
        except KafkaFilesError as error:
            return KafkaProblem(f"bus address: {error}", "correct the file, or the bus address")
        return await kafka_problem(self._address.servers, options)

    async def why(self, error: BaseException) -> str:
        """The cause of a failed connection in words an operator can act on, or the error."""
        if not isinstance(error, _UNEXPLAINED):
            return repr(error)
        now_s = asyncio.get_running_loop().time()
        if self._probe is None or (self._probe.done() and now_s - self._probed_s > REMEMBER_S):
            self._probe, self._probed_s = asyncio.create_task(self.problem()), now_s
        found = await _within(self._probe, 2 * PROBE_S)
        return repr(error) if found is None else str(found)

    async def close(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait([self._probe])

    def _connection_options(self) -> dict[str, Any]:
        address = self._address
        options: dict[str, Any] = {"security_protocol": "SSL" if address.tls else "PLAINTEXT"}
        if address.tls:
            options["ssl_context"] = self._context
        if address.user:
            options |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": address.mechanism,
                "sasl_plain_username": address.user,
                "sasl_plain_password": self.password(),
            }
        return options


async def _within(probe: asyncio.Task[KafkaProblem | None], wait_s: float) -> KafkaProblem | None:
    """What it found; `None` if that takes longer, or it fails itself: it is only there to tell."""
    await asyncio.wait([probe], timeout=wait_s)
    if not probe.done() or probe.cancelled() or probe.exception():
        return None
    return probe.result()

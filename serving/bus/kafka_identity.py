"""Which Kafka this is: the cluster id, looked at again on every new connection of a reader.

A broker that was emptied, or another one at the same address, has another id. Positions carried
over to it would begin in the middle of messages that nobody has read.
"""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_topics import REQUEST_TIMEOUT_MS
from serving.errors import BusUnavailableError, PreconditionError


class KafkaIdentity:
    """Remembers the first id it was told."""

    def __init__(self, servers: KafkaServers) -> None:
        self._servers = servers
        self._first: str | None = None

    async def get(self) -> str:
        """The identity of the bus that this process began with.

        Raises:
            BusUnavailableError: Not known yet, and the broker does not answer in a few seconds.
        """
        try:
            return self._first or await self.check()
        except (KafkaError, TimeoutError, OSError) as error:
            problem = await self._servers.why(error)
            raise BusUnavailableError(f"{self._servers}: {problem}") from error

    async def check(self) -> str:
        """Ask the broker.

        Raises:
            KafkaError, TimeoutError, OSError: It does not answer in a few seconds.
            PreconditionError: It is of another cluster than before.
        """
        found = f"kafka-{await self._ask()}"
        if self._first is None:
            self._first = found
        if found != self._first:
            raise PreconditionError(
                f"{self._servers} is now {found} and was {self._first}: offsets of one mean nothing"
                " on the other; restart this process to begin on it"
            )
        return found

    async def _ask(self) -> str:
        admin = AIOKafkaAdminClient(
            **self._servers.client_options(), request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_MS / 1000):
                await admin.start()
                cluster_id = (await admin.describe_cluster())["cluster_id"]
        finally:
            await admin.close()
        return str(cluster_id)

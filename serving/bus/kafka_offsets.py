"""Asks the broker where partitions end and how far readers came."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_topics import REQUEST_TIMEOUT_MS
from serving.bus.topics import Topic


class KafkaOffsets:
    """One connection that reads no messages. Every call raises `KafkaError` or `TimeoutError` when
    the broker does not answer in a few seconds."""

    def __init__(self, servers: KafkaServers) -> None:
        self._servers = servers
        self._client: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def ends(self, topic: Topic, partitions: Sequence[int]) -> dict[int, int]:
        """Partition -> offset the next message will get."""
        async with self._lock, asyncio.timeout(REQUEST_TIMEOUT_MS / 1000):
            if self._client is None:
                self._client = await self._connected()
            try:
                ends = await self._client.end_offsets(
                    [TopicPartition(topic.name, partition) for partition in partitions]
                )
            except BaseException:
                client, self._client = self._client, None
                await client.stop()
                raise
        return {place.partition: offset for place, offset in ends.items()}

    async def _connected(self) -> AIOKafkaConsumer:
        client = AIOKafkaConsumer(
            **self._servers.client_options(),
            enable_auto_commit=False,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        try:
            await client.start()
        except BaseException:
            await client.stop()
            raise
        return client

    async def committed(
        self, topic: Topic, partitions: Sequence[int], reader: str
    ) -> dict[int, int]:
        """Partition -> next offset `reader` committed last."""
        places = [TopicPartition(topic.name, partition) for partition in partitions]
        admin = AIOKafkaAdminClient(
            **self._servers.client_options(), request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_MS / 1000):
                await admin.start()
                found = await admin.list_consumer_group_offsets(reader, partitions=places)
        finally:
            await admin.close()
        return {p.partition: entry.offset for p, entry in found.items() if entry.offset >= 0}

    async def close(self) -> None:
        if self._client is not None:
            await self._client.stop()

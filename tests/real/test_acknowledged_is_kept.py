"""What the settings under deploy/real promise: what was acknowledged is there after a kill."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis import Redis

from feedrank.real.kafka_process import KafkaProcess
from feedrank.real.redis_process import RedisProcess

WRITE_COUNT = 200


@pytest.mark.redis
def test_redis_keeps_every_acknowledged_write_through_a_kill(own_redis: RedisProcess) -> None:
    with Redis.from_url(own_redis.address) as client:
        for number in range(WRITE_COUNT):
            assert client.set(f"key-{number}", number)
    own_redis.kill()
    own_redis.start()
    with Redis.from_url(own_redis.address) as client:
        assert client.dbsize() == WRITE_COUNT


@pytest.mark.kafka
async def test_kafka_keeps_every_acknowledged_message_through_a_kill(
    own_kafka: KafkaProcess,
) -> None:
    servers = own_kafka.address.removeprefix("kafka://")
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all") as producer:
        for number in range(WRITE_COUNT):
            await producer.send_and_wait("kept", str(number).encode(), partition=0)
    own_kafka.kill()
    own_kafka.start()

    partition = TopicPartition("kept", 0)
    async with AIOKafkaConsumer(
        bootstrap_servers=servers, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([partition])
        values = [int((await consumer.getone(partition)).value) for _ in range(WRITE_COUNT)]
    assert values == list(range(WRITE_COUNT))


@pytest.mark.kafka
async def test_kafka_makes_no_topic_by_accident(kafka: KafkaProcess) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.address.removeprefix("kafka://"))
    await admin.start()
    await admin.describe_topics(["nobody-made-this"])
    assert "nobody-made-this" not in await admin.list_topics()
    await admin.close()

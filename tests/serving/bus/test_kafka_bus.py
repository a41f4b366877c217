"""What only a real broker can do to a bus: be away, come late, and restart in the middle."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from serving.bus.bus import Bus
from serving.bus.kafka_bus import KafkaBus
from serving.bus.kafka_servers import KafkaServers
from serving.bus.open_bus import open_bus
from serving.bus.topics import Topic
from serving.errors import BusUnavailableError
from tests.serving.bus.builders import a_topic, read, values

pytestmark = pytest.mark.kafka
PATIENCE_S = 60.0


async def publish_until_taken(bus: Bus, topic: Topic, value: bytes) -> tuple[int, int]:
    """Publish as a client does that was told UNAVAILABLE: again, each try bounded."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await bus.publish(topic, value, partition=0, timeout_s=2.0)
            except BusUnavailableError:
                continue


async def test_a_broker_that_comes_late_is_found(own_kafka):
    await asyncio.to_thread(own_kafka.stop)
    bus = open_bus(own_kafka.address)
    topic = a_topic(partitions=1)
    await bus.start()
    with pytest.raises(BusUnavailableError, match=topic.name):
        await bus.publish(topic, b"too early", partition=0, timeout_s=0.2)
    subscription = await bus.subscribe(topic, {0: 0}, reader="test")
    assert await subscription.poll(10, 0.2) == []
    await asyncio.to_thread(own_kafka.start)
    await publish_until_taken(bus, topic, b"now")
    assert values(await read(subscription, 1))[-1] == b"now"
    assert bus.counters.publish_failures >= 1
    await subscription.close()
    await bus.close()


async def test_the_end_is_not_guessed_while_the_broker_is_away(own_kafka, monkeypatch):
    monkeypatch.setattr("serving.bus.kafka_bus.OPEN_TIMEOUT_S", 0.2)
    await asyncio.to_thread(own_kafka.stop)
    bus = open_bus(own_kafka.address)
    await bus.start()
    with pytest.raises(BusUnavailableError, match="topic"):
        await bus.subscribe(a_topic(), {0: None}, reader="test")
    with pytest.raises(BusUnavailableError):
        await bus.end_offsets(a_topic(), [0])
    await bus.close()


async def test_a_restart_in_the_middle_loses_nothing_acknowledged(own_kafka):
    bus = open_bus(own_kafka.address)
    topic = a_topic(partitions=1)
    await bus.start()
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    acknowledged = [await publish_until_taken(bus, topic, b"%d" % n) for n in range(20)]
    before = await read(subscription, 10)
    await asyncio.to_thread(own_kafka.kill)
    assert all(m.value.isdigit() for m in await subscription.poll(5, 0.2))
    await asyncio.to_thread(own_kafka.start)
    acknowledged += [await publish_until_taken(bus, topic, b"%d" % n) for n in range(20, 40)]
    replay = await bus.subscribe(topic, {0: 0}, reader="test")
    kept = {(m.partition, m.offset): m.value for m in await read(replay, acknowledged[-1][1] + 1)}
    assert [kept[place] for place in acknowledged] == [b"%d" % n for n in range(40)]
    assert before[-1].value == b"9"
    position = subscription.positions()[0]
    after = await read(subscription, acknowledged[-1][1] + 1 - position)
    assert [m.offset for m in after] == list(range(position, acknowledged[-1][1] + 1))
    for reader in (replay, subscription):
        await reader.close()
    await bus.close()


async def test_a_hung_broker_costs_no_more_than_the_time_given(own_kafka):
    bus = open_bus(own_kafka.address)
    topic = a_topic(partitions=1)
    await bus.start()
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    await publish_until_taken(bus, topic, b"before")
    await asyncio.to_thread(own_kafka.pause)
    async with asyncio.timeout(5.0):
        with pytest.raises(BusUnavailableError, match="TimeoutError"):
            await bus.publish(topic, b"meanwhile", partition=0, timeout_s=0.3)
        await subscription.poll(10, 0.3)
    await asyncio.to_thread(own_kafka.resume)
    partition, offset = await publish_until_taken(bus, topic, b"after")
    replay = await bus.subscribe(topic, {partition: offset}, reader="test")
    assert values(await read(replay, 1)) == [b"after"]
    for reader in (replay, subscription):
        await reader.close()
    await bus.close()


async def test_created_topics_keep_what_they_promise(kafka):
    bus = open_bus(kafka.address)
    await bus.start()
    plain = a_topic(retention_ms=600_000)
    compacted = a_topic(compacted=True)
    for topic in (plain, compacted):
        await bus.publish(topic, b"x", key=1, timeout_s=10.0)
    await bus.close()
    found = await configs_of(kafka.address, plain.name)
    assert (found["cleanup.policy"], found["retention.ms"]) == ("delete", "600000")
    assert int(found["segment.ms"]) <= 300_000
    assert (await configs_of(kafka.address, compacted.name))["cleanup.policy"] == "compact"


async def configs_of(address: str, topic_name: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=address.removeprefix("kafka://"))
    await admin.start()
    resource = ConfigResource(ConfigResourceType.TOPIC, topic_name)
    (response,) = await admin.describe_configs([resource])
    await admin.close()
    return {entry[0]: entry[1] for entry in response.resources[0][4]}


async def test_offsets_that_retention_removed_start_at_the_oldest_kept(kafka):
    bus = open_bus(kafka.address)
    await bus.start()
    topic = a_topic(partitions=1)
    for number in range(5):
        await bus.publish(topic, b"%d" % number, partition=0, timeout_s=10.0)
    await delete_before(kafka.address, topic.name, 3)
    subscription = await bus.subscribe(topic, {0: 1}, reader="test")
    assert values(await read(subscription, 2)) == [b"3", b"4"]
    assert bus.counters.replay_truncated == 1
    await subscription.close()
    await bus.close()


async def delete_before(address: str, topic_name: str, offset: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address.removeprefix("kafka://"))
    await admin.start()
    place = TopicPartition(topic_name, 0)
    await admin.delete_records({place: RecordsToDelete(before_offset=offset)})
    await admin.close()


async def test_send_is_bounded_and_what_is_lost_is_counted(monkeypatch):
    monkeypatch.setattr("serving.bus.kafka_writer.CLOSE_TIMEOUT_S", 0.2)
    bus = KafkaBus(
        KafkaServers.at("kafka://127.0.0.1:1"), max_pending_messages=3, max_pending_bytes=1_000
    )
    await bus.start()
    topic = a_topic(partitions=1, acks="leader")
    assert [bus.send(topic, b"x", partition=0) for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert bus.counters.dropped == 2
    await bus.close()
    assert bus.counters.dropped == 5

"""Every Bus must pass these tests. Add a new bus to BUSES, not a new test file."""

import asyncio
import re
from collections import defaultdict

import pytest

from serving.bus.open_bus import open_bus
from serving.bus.topics import partition_of
from serving.errors import BusUnavailableError, InvalidRequestError, PreconditionError
from tests.serving.bus.builders import a_topic, read, values

BUSES = [
    "log",
    pytest.param("kafka", marks=pytest.mark.kafka),
    pytest.param("kafka over mutual TLS", marks=pytest.mark.kafka),
    pytest.param("kafka with a login", marks=pytest.mark.kafka),
]
TIMEOUT_S = 10.0


@pytest.fixture(params=BUSES)
def address(request, tmp_path):
    if request.param == "log":
        return f"log://{tmp_path / 'log'}"
    kafka = request.getfixturevalue("kafka")
    if request.param == "kafka over mutual TLS":
        return kafka.mutual_address
    if request.param == "kafka with a login":
        return kafka.login_address("SCRAM-SHA-512")
    return kafka.address


@pytest.fixture
async def bus(address):
    opened = open_bus(address)
    await opened.start()
    yield opened
    await opened.close()


async def test_a_bus_is_the_same_bus_when_it_is_opened_again(bus, address):
    identity = await bus.identity()
    assert re.fullmatch("[A-Za-z0-9_-]+", identity)
    await bus.close()
    again = open_bus(address)
    await again.start()
    assert await again.identity() == identity
    await again.close()


async def test_a_published_message_comes_back_as_it_was(bus):
    topic = a_topic(partitions=4)
    subscription = await bus.subscribe(topic, dict.fromkeys(range(4), 0), reader="test")
    place = await bus.publish(topic, b"hello", key=-7, timeout_s=TIMEOUT_S)
    (message,) = await read(subscription, 1)
    assert (message.partition, message.offset) == place == (partition_of(-7, 4), 0)
    assert (message.key, message.value) == (-7, b"hello")
    assert message.timestamp_ms > 0
    await subscription.close()


async def test_messages_of_a_partition_keep_their_order(bus):
    topic = a_topic(partitions=3)
    subscription = await bus.subscribe(topic, dict.fromkeys(range(3), None), reader="test")
    published = defaultdict(list)
    waiting = []
    for number in range(300):
        published[partition_of(number, 3)].append(b"%d" % number)
        waiting.append(bus.publish(topic, b"%d" % number, key=number, timeout_s=TIMEOUT_S))
    await asyncio.gather(*waiting)
    received = defaultdict(list)
    for message in await read(subscription, 300):
        received[message.partition].append(message.value)
    assert received == published
    await subscription.close()


async def test_offsets_of_a_partition_count_up(bus):
    topic = a_topic()
    places = [
        await bus.publish(topic, b"x", partition=partition, timeout_s=TIMEOUT_S)
        for partition in (0, 1, 0, 0)
    ]
    assert places == [(0, 0), (1, 0), (0, 1), (0, 2)]
    assert await bus.end_offsets(topic, [0, 1]) == {0: 3, 1: 1}


async def test_reading_again_from_an_offset_gives_the_same_messages(bus):
    topic = a_topic(partitions=1)
    for value in (b"a", b"b", b"c"):
        await bus.publish(topic, value, partition=0, timeout_s=TIMEOUT_S)
    for _ in range(2):
        subscription = await bus.subscribe(topic, {0: 1}, reader="test")
        assert values(await read(subscription, 2)) == [b"b", b"c"]
        assert subscription.positions() == {0: 3}
        await subscription.close()


async def test_a_subscription_from_the_end_sees_only_what_comes_after(bus):
    topic = a_topic(partitions=1)
    await bus.publish(topic, b"before", partition=0, timeout_s=TIMEOUT_S)
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    assert subscription.positions() == {0: 1}
    await bus.publish(topic, b"after", partition=0, timeout_s=TIMEOUT_S)
    assert values(await read(subscription, 1)) == [b"after"]
    await subscription.close()


async def test_a_subscription_reads_only_its_partitions(bus):
    topic = a_topic(partitions=2)
    subscription = await bus.subscribe(topic, {1: None}, reader="test")
    await bus.publish(topic, b"other", partition=0, timeout_s=TIMEOUT_S)
    await bus.publish(topic, b"mine", partition=1, timeout_s=TIMEOUT_S)
    assert values(await read(subscription, 1)) == [b"mine"]
    await subscription.close()


async def test_poll_returns_no_more_than_asked_for(bus):
    topic = a_topic(partitions=2)
    for number in range(6):
        await bus.publish(topic, b"x", partition=number % 2, timeout_s=TIMEOUT_S)
    subscription = await bus.subscribe(topic, {0: 0, 1: 0}, reader="test")
    first = await subscription.poll(4, TIMEOUT_S)
    assert 1 <= len(first) <= 4
    assert len(await read(subscription, 6 - len(first))) == 6 - len(first)
    await subscription.close()


async def test_poll_without_messages_returns_an_empty_list_after_its_timeout(bus):
    subscription = await bus.subscribe(a_topic(), {0: None}, reader="test")
    assert await subscription.poll(10, 0.01) == []
    await subscription.close()


async def test_a_cancelled_poll_loses_nothing(bus):
    topic = a_topic(partitions=1)
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    polling = asyncio.create_task(subscription.poll(10, TIMEOUT_S))
    await asyncio.wait([polling], timeout=0.01)
    polling.cancel()
    await asyncio.wait([polling])
    await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
    assert values(await read(subscription, 1)) == [b"x"]
    await subscription.close()


async def test_committed_offsets_belong_to_a_reader(bus):
    topic = a_topic(partitions=2)
    await bus.publish(topic, b"x", partition=1, timeout_s=TIMEOUT_S)
    subscription = await bus.subscribe(topic, {0: 0, 1: 0}, reader=f"reader-{topic.name}")
    await subscription.commit({1: 1})
    assert await bus.committed(topic, [0, 1], reader=f"reader-{topic.name}") == {1: 1}
    assert await bus.committed(topic, [0, 1], reader=f"other-{topic.name}") == {}
    await subscription.close()


async def test_an_offset_past_the_end_is_refused_where_nothing_acknowledged_can_be_lost(bus):
    topic = a_topic(partitions=1)
    await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
    with pytest.raises(PreconditionError, match=r"ends at 1, test wants 5: this is not the log"):
        await bus.subscribe(topic, {0: 5}, reader="test")


async def test_send_is_delivered_without_waiting(bus):
    topic = a_topic(partitions=1, acks="leader")
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    assert bus.send(topic, b"x", partition=0)
    assert values(await read(subscription, 1)) == [b"x"]
    await subscription.close()


async def test_close_keeps_what_send_accepted(bus, address):
    topic = a_topic(partitions=1, acks="leader")
    assert all(bus.send(topic, b"%d" % number, partition=0) for number in range(100))
    await bus.close()
    again = open_bus(address)
    await again.start()
    assert await again.end_offsets(topic, [0]) == {0: 100}
    await again.close()


async def test_messages_and_offsets_survive_closing(bus, address):
    topic = a_topic(partitions=1)
    await bus.publish(topic, b"first", partition=0, timeout_s=TIMEOUT_S)
    await bus.close()
    again = open_bus(address)
    await again.start()
    assert await again.publish(topic, b"second", partition=0, timeout_s=TIMEOUT_S) == (0, 1)
    subscription = await again.subscribe(topic, {0: 0}, reader="test")
    assert values(await read(subscription, 2)) == [b"first", b"second"]
    await subscription.close()
    await again.close()


async def test_short_lived_topics_deliver_to_readers_at_the_end(bus):
    topic = a_topic(partitions=2, acks="leader", retention_ms=600_000)
    subscription = await bus.subscribe(topic, {0: None, 1: None}, reader="test")
    await bus.publish(topic, b"list", partition=1, timeout_s=TIMEOUT_S)
    assert values(await read(subscription, 1)) == [b"list"]
    await subscription.close()


async def test_a_topic_of_another_partition_count_is_refused(bus, address):
    topic = a_topic(partitions=2)
    await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
    await bus.close()
    again = open_bus(address)
    await again.start()
    other = type(topic)(topic.name, 3, "all", topic.retention_ms)
    with pytest.raises(BusUnavailableError, match=f"{topic.name} has 2 partitions.*expected 3"):
        await again.publish(other, b"x", partition=0, timeout_s=TIMEOUT_S)
    with pytest.raises(PreconditionError, match=f"{topic.name} has 2 partitions.*expected 3"):
        await again.subscribe(other, {0: 0}, reader="test")
    await again.close()


@pytest.mark.parametrize(
    ("value", "routing", "problem"),
    [
        (b"", {"partition": 0}, "value: empty message"),
        (b"x" * (1 << 20 | 1), {"partition": 0}, "value: 1048577 bytes .* limit 1048576"),
        (b"x", {}, "key: exactly one"),
        (b"x", {"key": 1, "partition": 0}, "key: exactly one"),
        (b"x", {"key": 1 << 63}, "key: 9223372036854775808 is not an int64"),
        (b"x", {"partition": 2}, r"partition: 2 is outside \[0, 2\)"),
    ],
)
async def test_bad_messages_are_refused_naming_field_and_limit(bus, value, routing, problem):
    with pytest.raises(InvalidRequestError, match=problem):
        await bus.publish(a_topic(partitions=2), value, timeout_s=TIMEOUT_S, **routing)


async def test_the_largest_allowed_message_goes_through(bus):
    topic = a_topic(partitions=1)
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    await bus.publish(topic, b"x" * (1 << 20), partition=0, timeout_s=TIMEOUT_S)
    (message,) = await read(subscription, 1)
    assert len(message.value) == 1 << 20
    await subscription.close()


async def test_counts_what_it_did(bus):
    topic = a_topic(partitions=1)
    subscription = await bus.subscribe(topic, {0: None}, reader="test")
    await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
    assert not bus.send(topic, b"", partition=0)
    await read(subscription, 1)
    counters = bus.counters
    assert (counters.published, counters.delivered, counters.dropped) == (1, 1, 1)
    await subscription.close()

"""The consumer loop over the embedded log: what it applies, parks, tries again, and how it ends."""

import asyncio
import re
from collections.abc import Iterable

import pytest
import structlog

from generation.bus_positions import FirstOffsets
from protos.events_pb2 import DeadLetter
from serving.bus.consumer import EventConsumer
from serving.bus.log_bus import LogBus
from serving.bus.topics import Topic, dead_letters
from serving.errors import StateUnavailableError
from tests.serving.bus.builders import a_topic, read

TIMEOUT_S = 10.0


@pytest.fixture
async def bus(tmp_path):
    opened = LogBus(tmp_path)
    await opened.start()
    yield opened
    await opened.close()


class Store:
    """Remembers what was applied; refuses the first `failures` batches."""

    def __init__(self, *, failures: int = 0) -> None:
        self.applied: list[tuple[int, int, int]] = []
        self.calls = 0
        self._failures = failures

    async def apply(self, partition, batch):
        self.calls += 1
        if self.calls <= self._failures:
            raise StateUnavailableError("away")
        self.applied += [(partition, message.offset, event) for message, event in batch]


def a_consumer(bus, topic, store, *, start=None, decode=int) -> EventConsumer:
    start = start or dict.fromkeys(range(topic.partitions), 0)
    return EventConsumer(bus, topic, start, reader="test", decode=decode, apply=store.apply)


async def publish(bus: LogBus, topic: Topic, *values: bytes, partition: int = 0) -> None:
    for value in values:
        await bus.publish(topic, value, partition=partition, timeout_s=TIMEOUT_S)


async def letters(bus: LogBus, topic: Topic, count: int) -> list[DeadLetter]:
    parked = dead_letters(topic)
    subscription = await bus.subscribe(
        parked, dict.fromkeys(range(parked.partitions), 0), reader=""
    )
    found = await read(subscription, count)
    await subscription.close()
    return [DeadLetter.FromString(message.value) for message in found]


async def test_applies_each_partition_in_order(bus):
    topic, store = a_topic(partitions=2), Store()
    await publish(bus, topic, b"10", b"11", partition=0)
    await publish(bus, topic, b"20", partition=1)
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert sorted(store.applied) == [(0, 0, 10), (0, 1, 11), (1, 0, 20)]
    await consumer.stop()


async def test_starts_where_the_caller_says(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish(bus, topic, b"1", b"2", b"3")
    consumer = a_consumer(bus, topic, store, start={0: 2})
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert store.applied == [(0, 2, 3)]
    await consumer.stop()


async def test_the_same_batch_is_tried_again_until_the_store_is_back(bus):
    topic, store = a_topic(partitions=1), Store(failures=2)
    await publish(bus, topic, b"1", b"2")
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert (store.calls, store.applied) == (3, [(0, 0, 1), (0, 1, 2)])
    await consumer.stop()


async def test_an_undecodable_message_is_parked_once_with_its_cause_and_blocks_nobody(bus):
    topic, store = a_topic(partitions=2), Store(failures=1)
    await publish(bus, topic, b"1", b"not a number", b"3", partition=1)
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert store.applied == [(1, 0, 1), (1, 2, 3)]
    (letter,) = await letters(bus, topic, 1)
    assert letter.event_id == f"{topic.name}/1/1"
    assert (letter.partition, letter.offset, letter.value) == (1, 1, b"not a number")
    assert letter.cause.startswith("test: ValueError: invalid literal")
    assert bus.counters.parked == 1
    assert sum((await bus.end_offsets(dead_letters(topic), [0, 1])).values()) == 1
    await consumer.stop()


async def test_the_largest_message_still_fits_into_its_letter(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish(bus, topic, b"x" * (1 << 20))
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    (letter,) = await letters(bus, topic, 1)
    assert letter.value == b"x" * len(letter.value)
    assert len(letter.value) > 1_000_000
    await consumer.stop()


async def publish_at_once(bus: LogBus, topic: Topic, values: Iterable[bytes]) -> None:
    await asyncio.gather(
        *(bus.publish(topic, value, partition=0, timeout_s=TIMEOUT_S) for value in values)
    )


async def test_halts_where_too_many_are_undecodable_and_skips_nothing(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish_at_once(bus, topic, (b"?" for _ in range(50)))
    await publish(bus, topic, b"7")
    consumer = a_consumer(bus, topic, store)
    with structlog.testing.capture_logs() as logs:
        consumer.start()
        assert not await consumer.caught_up(TIMEOUT_S)
    [halted] = [line for line in logs if line["event"] == "reader halted"]
    assert (halted["log_level"], halted["topic"], halted["reader"]) == ("error", topic.name, "test")
    assert re.search("50 of the last 50 .* partition 0, offset 49: ValueError", halted["cause"])
    assert (consumer.failure, store.applied) == (None, [])
    assert consumer.is_halted
    assert await consumer.lag() == {0: 51}
    await consumer.stop()


async def test_a_restart_that_puts_up_with_all_of_them_goes_on_where_it_halted(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish_at_once(bus, topic, (b"?" for _ in range(60)))
    await publish(bus, topic, b"7")
    bus.max_unreadable_share = 1.0
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert store.applied == [(0, 60, 7)]
    assert bus.counters.parked == 60
    await consumer.stop()


async def test_goes_on_when_a_tenth_are_undecodable(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish_at_once(bus, topic, (b"?" if n % 10 == 9 else b"%d" % n for n in range(600)))
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert (len(store.applied), bus.counters.parked) == (540, 60)
    await consumer.stop()


async def test_offsets_are_told_above_the_base_that_the_owner_gives(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish(bus, topic, b"1", b"2")
    consumer = EventConsumer(
        bus, topic, {0: 1}, reader="test", decode=int, apply=store.apply, base=1_000
    )
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert store.applied == [(0, 1_001, 2)]
    await consumer.stop()


async def test_an_owner_can_have_it_end_though_nothing_comes(bus):
    topic, store = a_topic(partitions=1), Store()
    consumer = a_consumer(bus, topic, store)
    running = asyncio.create_task(consumer.run())
    assert await consumer.caught_up(TIMEOUT_S)
    consumer.end_with(KeyError("begin again"))
    with pytest.raises(KeyError, match="begin again"):
        await running


async def test_the_first_offsets_of_a_generation_are_those_on_this_very_bus(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish(bus, topic, b"1", b"2", b"3")
    own = FirstOffsets((0,), {await bus.identity(): {0: 2}, "another": {0: 1}}, {})
    other = FirstOffsets((0,), {"another": {0: 2}}, {})
    unnamed = FirstOffsets((0,), {}, {0: 1})
    for first, applied in ((own, [3]), (other, [1, 2, 3]), (unnamed, [2, 3])):
        store = Store()
        consumer = a_consumer(bus, topic, store, start=first)
        assert await consumer.lag() == {0: len(applied)}
        consumer.start()
        assert await consumer.caught_up(TIMEOUT_S)
        assert [event for _, _, event in store.applied] == applied
        await consumer.stop()


async def test_it_is_as_stale_as_what_it_has_not_applied(bus):
    topic, store = a_topic(partitions=1), Store(failures=1_000)
    consumer = a_consumer(bus, topic, store)
    consumer._progress._fresh_ms -= 60_000
    await publish(bus, topic, b"1")
    await consumer.lag()
    assert consumer.staleness_ms() >= 60_000
    store._failures = 0
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    await consumer.lag()
    assert consumer.staleness_ms() < 60_000
    await consumer.stop()


async def test_a_bug_in_apply_stops_the_consumer_and_is_told(bus):
    async def broken(_partition, _batch):
        raise KeyError("bug")

    topic = a_topic(partitions=1)
    await publish(bus, topic, b"1")
    consumer = EventConsumer(bus, topic, {0: 0}, reader="test", decode=int, apply=broken)
    with pytest.raises(KeyError, match="bug"):
        await consumer.run()
    assert isinstance(consumer.failure, KeyError)
    assert await bus.committed(topic, [0], reader="test") == {}


async def test_lag_counts_what_is_not_applied_yet(bus):
    topic, store = a_topic(partitions=2), Store()
    await publish(bus, topic, b"1", b"2", partition=1)
    consumer = a_consumer(bus, topic, store)
    assert await consumer.lag() == {0: 0, 1: 2}
    consumer.start()
    assert await consumer.caught_up(TIMEOUT_S)
    assert await consumer.lag() == {0: 0, 1: 0}
    await consumer.stop()


async def test_a_consumer_from_the_end_has_no_lag_before_it_starts(bus):
    topic, store = a_topic(partitions=1), Store()
    await publish(bus, topic, b"1")
    assert await a_consumer(bus, topic, store, start={0: None}).lag() == {0: 0}


async def test_caught_up_gives_up_in_time(bus):
    topic, store = a_topic(partitions=1), Store(failures=1_000)
    await publish(bus, topic, b"1")
    consumer = a_consumer(bus, topic, store)
    consumer.start()
    assert not await consumer.caught_up(0.05)
    await consumer.stop()
    assert store.applied == []


async def test_stop_finishes_the_batch_in_hand_and_commits_it(bus):
    entered, leave = asyncio.Event(), asyncio.Event()
    applied = []

    async def slow(_partition, batch):
        entered.set()
        await leave.wait()
        applied.extend(event for _, event in batch)

    topic = a_topic(partitions=1)
    await publish(bus, topic, b"1")
    consumer = EventConsumer(bus, topic, {0: 0}, reader="test", decode=int, apply=slow)
    consumer.start()
    await entered.wait()
    stopping = asyncio.create_task(consumer.stop())
    leave.set()
    await stopping
    assert applied == [1]
    assert await bus.committed(topic, [0], reader="test") == {0: 1}

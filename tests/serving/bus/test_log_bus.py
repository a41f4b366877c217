"""What the embedded log promises beyond the contract: retention, compaction, memory."""

import asyncio

from serving.bus.topics import DAY_MS
from tests.serving.bus.builders import a_topic, read, values
from tests.serving.bus.logs import TIMEOUT_S, SettableClock, all_values, opened


async def test_replay_reads_back_further_than_memory_reaches(tmp_path):
    bus = await opened(tmp_path)
    topic = a_topic(partitions=64)
    big = b"x" * 50_000
    published = [b"%d " % n + big for n in range(20)]
    for value in published:
        await bus.publish(topic, value, partition=0, timeout_s=TIMEOUT_S)
    subscription = await bus.subscribe(topic, {0: 0}, reader="test")
    assert values(await read(subscription, 20)) == published
    await subscription.close()
    await bus.close()


async def test_poll_without_patience_still_reads_the_disk(tmp_path):
    topic = a_topic(partitions=1)
    bus = await opened(tmp_path)
    await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
    await bus.close()
    bus = await opened(tmp_path)
    subscription = await bus.subscribe(topic, {0: 0}, reader="test")
    assert values(await subscription.poll(10, 0.0)) == [b"x"]
    assert await subscription.poll(10, 0.0) == []
    await subscription.close()
    await bus.close()


async def test_a_reader_far_behind_crosses_from_disk_to_memory_without_a_gap(tmp_path):
    topic = a_topic(partitions=1)
    bus = await opened(tmp_path)
    for number in range(50):
        await bus.publish(topic, b"%d" % number, partition=0, timeout_s=TIMEOUT_S)
    await bus.close()
    bus = await opened(tmp_path)
    subscription = await bus.subscribe(topic, {0: 0}, reader="test")
    for number in range(50, 100):
        await bus.publish(topic, b"%d" % number, partition=0, timeout_s=TIMEOUT_S)
    received = []
    while len(received) < 100:
        received += await subscription.poll(7, TIMEOUT_S)
    assert [m.offset for m in received] == list(range(100))
    assert values(received) == [b"%d" % number for number in range(100)]
    await subscription.close()
    await bus.close()


async def test_retention_removes_old_messages_and_readers_start_at_the_oldest_kept(tmp_path):
    clock = SettableClock()
    bus = await opened(tmp_path, now_ms=clock)
    topic = a_topic(partitions=1, retention_ms=DAY_MS)
    for value in (b"old", b"older than a day too", b"kept"):
        if value == b"kept":
            clock.now_ms += DAY_MS
        await bus.publish(topic, value, partition=0, timeout_s=TIMEOUT_S)
    clock.now_ms += 1
    await bus.trim()
    assert await all_values(bus, topic) == [b"kept"]
    assert bus.counters.replay_truncated == 1
    await bus.close()


async def test_offsets_go_on_after_retention_removed_everything(tmp_path):
    clock = SettableClock()
    bus = await opened(tmp_path, now_ms=clock)
    topic = a_topic(partitions=1, retention_ms=DAY_MS)
    for _ in range(3):
        await bus.publish(topic, b"x", partition=0, timeout_s=TIMEOUT_S)
    clock.now_ms += 2 * DAY_MS
    await bus.trim()
    await bus.close()
    bus = await opened(tmp_path, now_ms=clock)
    assert await bus.publish(topic, b"y", partition=0, timeout_s=TIMEOUT_S) == (0, 3)
    await bus.close()


async def test_a_compacted_topic_keeps_the_latest_of_each_key_for_ever(tmp_path):
    clock = SettableClock()
    bus = await opened(tmp_path, now_ms=clock)
    topic = a_topic(partitions=1, compacted=True)
    together = [(1, b"1a"), (2, b"2a"), (1, b"1b")]
    await asyncio.gather(
        *(bus.publish(topic, value, key=key, timeout_s=TIMEOUT_S) for key, value in together)
    )
    await bus.publish(topic, b"2b", key=2, timeout_s=TIMEOUT_S)
    clock.now_ms += 100 * DAY_MS
    await bus.trim()
    await bus.close()
    bus = await opened(tmp_path, now_ms=clock)
    assert await all_values(bus, topic) == [b"1b", b"2b"]
    assert await bus.end_offsets(topic, [0]) == {0: 4}
    await bus.close()


async def test_short_lived_lists_never_reach_the_disk(tmp_path):
    bus = await opened(tmp_path)
    topic = a_topic(partitions=1, acks="leader", retention_ms=600_000)
    await bus.publish(topic, b"list", partition=0, timeout_s=TIMEOUT_S)
    assert await all_values(bus, topic) == [b"list"]
    await bus.close()
    bus = await opened(tmp_path)
    assert await bus.end_offsets(topic, [0]) == {0: 0}
    await bus.close()


async def test_short_lived_lists_expire_and_are_bounded_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("serving.bus.topic_log.MEMORY_TAIL_BYTES", 100)
    clock = SettableClock()
    bus = await opened(tmp_path, now_ms=clock)
    topic = a_topic(partitions=1, acks="leader", retention_ms=600_000)
    for number in range(5):
        await bus.publish(topic, b"%d" % number * 40, partition=0, timeout_s=TIMEOUT_S)
    assert await all_values(bus, topic) == [b"3" * 40, b"4" * 40]
    clock.now_ms += 600_001
    await bus.publish(topic, b"new", partition=0, timeout_s=TIMEOUT_S)
    assert await all_values(bus, topic) == [b"new"]
    await bus.close()


async def test_an_offset_of_memory_kept_lists_past_the_end_starts_at_the_end(tmp_path):
    bus = await opened(tmp_path)
    topic = a_topic(partitions=1, acks="leader", retention_ms=600_000)
    subscription = await bus.subscribe(topic, {0: 1_000}, reader="test")
    await bus.publish(topic, b"list", partition=0, timeout_s=TIMEOUT_S)
    assert values(await read(subscription, 1)) == [b"list"]
    await subscription.close()
    await bus.close()

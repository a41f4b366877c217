"""Whatever is published, trimmed or restarted between polls, a reader sees each offset once."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.bus.log_bus import LogBus
from serving.bus.topics import Topic

TOPIC = Topic("numbers", 2, "leader", 86_400_000)
TIMEOUT_S = 10.0

publish = st.tuples(st.just("publish"), st.integers(0, 1), st.integers(1, 5))
poll = st.tuples(st.just("poll"), st.integers(1, 4), st.just(0))
restart = st.tuples(st.just("restart"), st.just(0), st.just(0))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(publish, poll, restart), max_size=20))
def test_a_reader_sees_every_message_once_and_in_order(steps):
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(play(Path(directory), steps))


async def play(directory: Path, steps: list[tuple[str, int, int]]) -> None:
    published: dict[int, list[bytes]] = {0: [], 1: []}
    received: dict[int, list[bytes]] = {0: [], 1: []}
    positions: dict[int, int | None] = {0: 0, 1: 0}
    bus, subscription = await opened(directory, positions)
    for step, first, second in steps:
        if step == "publish":
            for _ in range(second):
                value = b"%d" % len(published[first])
                await bus.publish(TOPIC, value, partition=first, timeout_s=TIMEOUT_S)
                published[first].append(value)
        elif step == "poll":
            for message in await subscription.poll(first, 0):
                received[message.partition].append(message.value)
        else:
            positions = dict(subscription.positions())
            await bus.close()
            bus, subscription = await opened(directory, positions)
    while received != published:
        for message in await subscription.poll(3, TIMEOUT_S):
            received[message.partition].append(message.value)
            assert message.value == published[message.partition][message.offset]
            assert len(received[message.partition]) == message.offset + 1
    await bus.close()


async def opened(directory: Path, positions):
    bus = LogBus(directory)
    await bus.start()
    return bus, await bus.subscribe(TOPIC, positions, reader="test")

"""Which messages share a write, and how long they wait for one another."""

import asyncio
from collections.abc import Sequence

from serving.bus.group_commit import MAX_BATCH_MESSAGES, Append, GroupCommit
from serving.bus.topics import Topic

PATIENT = Topic("patient", 1, "leader", 60_000, linger_ms=60_000)
SOON = Topic("soon", 1, "leader", 60_000, linger_ms=1)


class Written:
    """What was written, batch by batch; `gate` holds a write up."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()

    async def write(self, batch: Sequence[Append]) -> None:
        self.batches.append([append.value for append in batch])
        self.begun.set()
        await self.gate.wait()
        for append in batch:
            if append.done is not None:
                append.done.set_result((0, 0))


def commits(written: Written) -> GroupCommit:
    return GroupCommit(written.write, max_messages=1_000, max_bytes=1 << 20)


def sent(value: bytes, topic: Topic = PATIENT) -> Append:
    return Append(topic, 0, None, value, None)


def awaited(value: bytes) -> Append:
    return Append(PATIENT, 0, None, value, asyncio.get_running_loop().create_future())


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_nobody_waits_for_waits_for_company() -> None:
    written = Written()
    group = commits(written)
    group.offer(sent(b"a"))
    group.offer(sent(b"b"))
    await settled()
    assert written.batches == []
    message = awaited(b"c")
    group.offer(message)
    assert message.done is not None
    await message.done
    assert written.batches == [[b"a", b"b", b"c"]]
    assert await group.drain(1) == []


async def test_it_waits_no_longer_than_its_topic_lets_it() -> None:
    written = Written()
    group = commits(written)
    group.offer(sent(b"a", SOON))
    async with asyncio.timeout(5):
        await written.begun.wait()
    await group.drain(1)


async def test_a_whole_batch_waits_for_nothing() -> None:
    written = Written()
    group = commits(written)
    for _ in range(MAX_BATCH_MESSAGES):
        group.offer(sent(b"a"))
    await settled()
    assert len(written.batches) == 1
    await group.drain(1)


async def test_what_comes_during_a_write_waits_anew_unless_somebody_waits_for_it() -> None:
    written = Written()
    group = commits(written)
    written.gate.clear()
    first = awaited(b"a")
    group.offer(first)
    await settled()
    group.offer(sent(b"b"))
    written.gate.set()
    await settled()
    assert written.batches == [[b"a"]]
    written.gate.clear()
    group.offer(awaited(b"c"))
    await settled()
    group.offer(sent(b"d"))
    group.offer(awaited(b"e"))
    written.gate.set()
    await settled()
    assert written.batches == [[b"a"], [b"b", b"c"], [b"d", b"e"]]
    await group.drain(1)


async def test_a_drain_writes_what_lingers() -> None:
    written = Written()
    group = commits(written)
    group.offer(sent(b"a"))
    assert await group.drain(5) == []
    assert written.batches == [[b"a"]]

"""What travels together on a line, and what does not."""

import asyncio
from contextlib import asynccontextmanager

from serving.lines.outbox import FRAME_BYTES, LARGE_BYTES, Outbox


class Wire:
    """Writes at once, or when let go."""

    def __init__(self):
        self.messages = []
        self.is_free = asyncio.Event()
        self.is_free.set()

    async def write(self, batch):
        self.messages.append(batch)
        await self.is_free.wait()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def an_outbox(max_message_bytes=2**22):
    wire = Wire()
    outbox = Outbox(wire.write, max_message_bytes)
    running = asyncio.create_task(outbox.run())
    await settle()
    yield outbox, wire
    wire.is_free.set()
    outbox.end()
    await running


async def test_what_is_ready_at_the_same_moment_travels_together():
    async with an_outbox() as (outbox, wire):
        for name in "abc":
            outbox.put(name, 10)
        await settle()
        assert wire.messages == [["a", "b", "c"]]


async def test_what_comes_while_a_message_is_under_way_waits_for_the_next():
    async with an_outbox() as (outbox, wire):
        wire.is_free.clear()
        outbox.put("a", 10)
        await settle()
        outbox.put("b", 10)
        outbox.put("c", 10)
        await settle()
        assert wire.messages == [["a"]]
    assert wire.messages == [["a"], ["b", "c"]]


async def test_a_message_has_an_end_and_what_is_larger_travels_alone():
    async with an_outbox() as (outbox, wire):
        for name, size_bytes in (("a", 10), ("big", 2 * LARGE_BYTES), ("b", 10), ("c", 10)):
            outbox.put(name, size_bytes)
    assert wire.messages == [["a"], ["big"], ["b", "c"]]


async def test_no_message_of_several_is_larger_than_the_reader_takes():
    async with an_outbox(max_message_bytes=4 * FRAME_BYTES) as (outbox, wire):
        for name in "abc":
            outbox.put(name, FRAME_BYTES // 2)
    assert wire.messages == [["a", "b"], ["c"]]


async def test_what_waits_is_counted():
    async with an_outbox() as (outbox, wire):
        wire.is_free.clear()
        outbox.put("a", 10)
        await settle()
        assert outbox.waiting_bytes == 0
        outbox.put("b", 10)
        assert outbox.waiting_bytes == FRAME_BYTES + 10


async def test_at_the_end_all_has_gone_out():
    async with an_outbox() as (outbox, wire):
        outbox.put("a", 10)
    assert wire.messages == [["a"]]

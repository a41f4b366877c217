"""The caller's end of a line, over a stream that goes on when it is let go."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from protos import line_pb2 as pb
from serving.lines.line import Line
from serving.lines.reading import EOF

MESSAGE_BYTES = 2**20


class Stream:
    """Keeps what is written once `is_free`, and gives what is put into `answers`."""

    def __init__(self):
        self.written = []
        self.is_free = asyncio.Event()
        self.is_free.set()
        self.answers = asyncio.Queue()

    async def write(self, message):
        await self.is_free.wait()
        self.written += message.calls

    async def read(self):
        return await self.answers.get()

    async def done_writing(self):
        await self.answers.put(EOF)

    def cancel(self):
        self.answers.put_nowait(EOF)


@asynccontextmanager
async def a_line():
    stream = Stream()
    line = Line(stream, MESSAGE_BYTES)
    running = asyncio.create_task(line.run())
    await settle()
    yield line, stream
    stream.is_free.set()
    line.retire()
    await asyncio.wait_for(running, 5)


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


def begin(line, timeout_s=5.0):
    return line.call("/a.B/C", b"", bytes, timeout_s, ())


async def status_of(call):
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return failed.value.code()


async def test_a_call_whose_time_ran_out_before_it_went_out_never_does():
    async with a_line() as (line, stream):
        stream.is_free.clear()
        first = begin(line)
        await settle()
        late, given_up = begin(line, 0.01), begin(line)
        given_up.cancel()
        assert await status_of(late) is grpc.StatusCode.DEADLINE_EXCEEDED
        stream.is_free.set()
        await settle()
        assert [call.method for call in stream.written if not call.is_given_up] == ["/a.B/C"]
        await answer(stream, id=1)
        assert await first == b""


async def test_a_call_that_waited_says_how_much_time_is_left():
    async with a_line() as (line, stream):
        stream.is_free.clear()
        calls = [begin(line, 1.0)]
        await settle()
        calls.append(begin(line, 1.0))
        await asyncio.sleep(0.1)
        stream.is_free.set()
        await settle()
        first, second = stream.written
        assert 0.99e6 < first.timeout_us <= 1e6
        assert second.timeout_us <= 0.9e6
        await answer(stream, id=1)
        await answer(stream, id=2)
        await asyncio.gather(*calls)


async def test_the_server_is_told_that_nobody_waits_any_more():
    async with a_line() as (line, stream):
        late, given_up = begin(line, 0.01), begin(line)
        await settle()
        given_up.cancel()
        assert await status_of(late) is grpc.StatusCode.DEADLINE_EXCEEDED
        await settle()
        assert [call.id for call in stream.written if call.is_given_up] == [2, 1]


async def test_an_answered_call_is_not_given_up():
    async with a_line() as (line, stream):
        call = begin(line)
        await settle()
        await answer(stream, id=1, status=grpc.StatusCode.NOT_FOUND.value[0])
        assert await status_of(call) is grpc.StatusCode.NOT_FOUND
        await settle()
        assert [call.id for call in stream.written] == [1]


async def test_an_answer_that_cannot_be_read_is_the_failure_of_one_call():
    async with a_line() as (line, stream):
        odd, other = begin(line), begin(line)
        trailer = pb.LineTrailer(key="reason", value=b"\xff")
        await answer(stream, id=1, status=5, trailers=[trailer])
        await answer(stream, id=2, response=b"yes")
        assert await status_of(odd) is grpc.StatusCode.INTERNAL
        assert await other == b"yes"


async def test_a_line_that_cannot_be_written_to_is_lost_at_once():
    stream = Stream()

    async def fail(_message):
        raise ValueError("no message")

    stream.write = fail
    line = Line(stream, MESSAGE_BYTES)
    running = asyncio.create_task(line.run())
    assert await status_of(begin(line)) is grpc.StatusCode.UNAVAILABLE
    await asyncio.wait_for(running, 5)
    assert not line.is_open


async def answer(stream, **fields):
    await stream.answers.put(pb.LineAnswers(answers=[pb.LineAnswer(**fields)]))
    await settle()

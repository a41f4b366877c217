"""What is too much for a line, in size or number, is refused alone."""

import asyncio

import grpc
import pytest

from protos import line_pb2 as pb
from serving.lines import served_line
from serving.lines.line_servicer import OPEN
from serving.lines.reading import messages_of
from tests.serving.lines.calling import Held, calling, failure_of
from tests.serving.replicas.searching import METHOD, serving
from tests.serving.until import until


async def test_an_answer_beyond_the_limit_fails_alone(tmp_path):
    async def enlarge(request, _context):
        return request * 200_000

    async with calling(tmp_path, enlarge, max_message_bytes=500_000) as (caller, _):
        large, small = await asyncio.gather(
            failure_of(caller, b"large"), caller.call(b"s", timeout_s=2.0)
        )
        assert large.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert len(small) == 200_000


async def test_calls_beyond_what_a_server_takes_at_once_are_refused(tmp_path):
    held = Held()
    async with calling(tmp_path, held, max_concurrent_calls=2, admission=False) as (caller, _):
        calls = [asyncio.create_task(caller.call(b"wait", 3.0)) for _ in range(2)]
        await held.begun.wait()
        failure = await failure_of(caller, b"one too many")
        assert failure.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        held.ended = asyncio.get_running_loop().create_future()
        for call in calls:
            call.cancel()


async def test_small_calls_that_are_too_large_together_do_not_travel_together(tmp_path):
    async with calling(tmp_path, max_message_bytes=4_096) as (caller, _):
        answers = await asyncio.gather(*(caller.call(b"x" * 900, 3.0) for _ in range(20)))
        assert answers == ["x" * 900] * 20
        assert await caller.call(b"x" * 3_500, 3.0) == "x" * 3_500


async def take_all(stream, answers):
    async for message in messages_of(stream):
        answers += message.answers


async def test_who_does_not_read_is_not_answered_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(served_line, "MAX_UNREAD_MESSAGES", 0.5)

    async def enlarge(_request, _context):
        return b"x" * 500_000

    async with serving(tmp_path, enlarge, max_message_bytes=1_000_000) as server:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            stream = channel.stream_stream(
                OPEN, pb.LineCalls.SerializeToString, pb.LineAnswers.FromString
            )()
            for number in range(1, 41):
                call = pb.LineCall(id=number, method=METHOD, timeout_us=10_000_000)
                await stream.write(pb.LineCalls(calls=[call]))
                await asyncio.sleep(0.01)
            answers = []
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await take_all(stream, answers)
            assert ended.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert len(answers) < 30
        await until(lambda: server._in_flight.count == 0)

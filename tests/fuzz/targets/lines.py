"""Messages on a line: to the server what a caller may send, to the caller what a server may answer.

The first byte of an input says which end reads it. Whatever comes, each call is answered once, and
nothing of it is left when the line has ended.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from protos import line_pb2 as pb
from serving.lines.carried_methods import CarriedMethods
from serving.lines.line import Line
from serving.lines.reading import EOF
from serving.lines.served_line import Room, ServedLine
from tests.fuzz.target import Target, Try

SERVICE, METHOD = "a.B", "C"
PATH = f"/{SERVICE}/{METHOD}"
PATIENCE_S = 10.0
MESSAGE_BYTES = 2**20
CALLS = 3
"""That wait for an answer when the caller's end reads."""


class Stream:
    """The end of a stream that gives some messages and keeps what is written."""

    def __init__(self, messages: Sequence[Any]) -> None:
        self._messages = iter(messages)
        self.written: list[Any] = []

    async def read(self) -> Any:
        await asyncio.sleep(0)
        return next(self._messages, EOF)

    async def write(self, message: Any) -> None:
        self.written.append(message)

    async def done_writing(self) -> None:
        pass

    def cancel(self) -> None:
        pass

    def invocation_metadata(self) -> tuple[()]:
        return ()


async def echo(request: bytes, context: Any) -> bytes:
    """Answers, refuses, or waits until it is cancelled: as the first byte says."""
    assert context.time_remaining() >= 0
    kind = request[0] % 4 if request else 0
    if kind == 1:
        await context.abort(
            grpc.StatusCode.NOT_FOUND, "gone", (("reason", "x"), ("y-bin", b"\xff"))
        )
    if kind == 2:
        await asyncio.sleep(PATIENCE_S)
    if kind == 3:
        return request * MESSAGE_BYTES  # too large
    return request


def methods() -> CarriedMethods:
    class Server:
        def add_generic_rpc_handlers(self, _handlers: object) -> None:
            pass

    carried = CarriedMethods(Server(), lambda _path, handler: handler)
    handler = grpc.unary_unary_rpc_method_handler(echo)
    carried.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler})]
    )
    return carried


async def serve(data: bytes) -> None:
    message = pb.LineCalls.FromString(data)
    stream, room = Stream([message]), Room(max_calls=8, max_message_bytes=MESSAGE_BYTES)
    line = asyncio.create_task(ServedLine(stream, methods(), room).run())
    await asyncio.wait([line], timeout=0.02)
    if not line.done():  # some wait, as they were told to
        line.cancel()
    ended = (await asyncio.gather(line, return_exceptions=True))[0]
    assert ended is None or isinstance(ended, asyncio.CancelledError), ended
    await asyncio.sleep(0)
    assert room.calls == 0
    asked = Counter(call.id for call in message.calls if not call.is_given_up)
    answered = Counter(answer.id for each in stream.written for answer in each.answers)
    assert answered <= asked


async def ask(data: bytes) -> None:
    stream = Stream([pb.LineAnswers.FromString(data)])
    line = Line(stream, MESSAGE_BYTES)
    calls: list[Awaitable[Any]] = [line.call(PATH, b"", bytes, 5.0, ()) for _ in range(CALLS)]
    await line.run()
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(outcome, bytes | grpc.aio.AioRpcError), outcome
    assert not line.is_open
    assert not line._waiting


ENDS = (serve, ask)


def seeds() -> Iterator[bytes]:
    calls = [
        pb.LineCall(id=number, method=PATH, timeout_us=5_000, request=bytes([number]))
        for number in range(1, 5)
    ]
    given_up = pb.LineCall(id=2, is_given_up=True)
    unknown = pb.LineCall(id=9, method="/x.Y/Z", timeout_us=1, metadata={"a": "b"})
    yield b"\x00" + pb.LineCalls(calls=[*calls, given_up, unknown]).SerializeToString()
    trailers = [
        pb.LineTrailer(key="reason", value=b"x"),
        pb.LineTrailer(key="y-bin", value=b"\xff"),
    ]
    answers = [
        pb.LineAnswer(id=1, response=b"yes"),
        pb.LineAnswer(id=2, status=5, details="gone", trailers=trailers),
        pb.LineAnswer(id=7, response=b"to nobody"),
    ]
    yield b"\x01" + pb.LineAnswers(answers=answers).SerializeToString()


@contextmanager
def opened() -> Iterator[Try]:
    with asyncio.Runner() as runner:

        def attempt(data: bytes) -> None:
            if data:
                try:
                    runner.run(asyncio.wait_for(ENDS[data[0] % len(ENDS)](data[1:]), PATIENCE_S))
                except DecodeError:
                    return

        yield attempt


TARGET = Target("lines", seeds, opened)

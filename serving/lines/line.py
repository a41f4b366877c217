"""The caller's end of a line: calls go out, answers come back in any order."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import grpc

from protos import line_pb2 as pb
from serving.lines.outbox import Outbox
from serving.lines.reading import messages_of
from serving.lines.trailers import metadata_of

STATUSES = {code.value[0]: code for code in grpc.StatusCode}
LINE_LOST = "the line was lost"

Deserializer = Callable[[bytes], Any]


class Line:
    """An open stream of `LineService.Open`.

    Attributes:
        is_open: Whether calls may be made; false for good once the stream has ended.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._outbox: Outbox[pb.LineCall] = Outbox(self._write)
        self._waiting: dict[int, tuple[asyncio.Future[Any], Deserializer, asyncio.TimerHandle]] = {}
        self._last_id = 0
        self._is_retired = False
        self.is_open = True

    def call(
        self,
        method: str,
        request: bytes,
        deserializer: Deserializer,
        timeout_s: float,
        metadata: Iterable[tuple[str, str]],
    ) -> asyncio.Future[Any]:
        """Begin a call. What is returned behaves as a call of gRPC does: awaiting it gives the
        response or raises `grpc.aio.AioRpcError`, cancelling it tells the server to stop."""
        self._last_id = number = self._last_id + 1
        answered = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, _run_out, answered)
        self._waiting[number] = (answered, deserializer, timer)
        answered.add_done_callback(lambda _: self._ended(number))
        timeout_us = max(1, round(1e6 * timeout_s))
        call = pb.LineCall(
            id=number,
            method=method,
            timeout_us=timeout_us,
            metadata=dict(metadata),
            request=request,
        )
        self._outbox.put(call, len(request))
        return answered

    def retire(self) -> None:
        """Take no more calls, and end once those under way are answered."""
        self.is_open = False
        self._is_retired = True
        self._end_if_done()

    async def run(self) -> None:
        """Carry calls until retired, or lost: then all calls under way fail."""
        writing = asyncio.ensure_future(self._send())
        details, code = LINE_LOST, grpc.StatusCode.UNAVAILABLE
        try:
            async for message in messages_of(self._stream):
                for answer in message.answers:
                    self._take(answer)
        except grpc.aio.AioRpcError as error:
            code, details = error.code(), error.details() or LINE_LOST
        finally:
            self.is_open = False
            writing.cancel()
            self._stream.cancel()
            for answered, *_ in list(self._waiting.values()):
                _fail(answered, code, details)

    async def _send(self) -> None:
        try:
            await self._outbox.run()
            await self._stream.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # reading tells how the stream has ended

    async def _write(self, calls: Sequence[pb.LineCall]) -> None:
        await self._stream.write(pb.LineCalls(calls=calls))

    def _take(self, answer: pb.LineAnswer) -> None:
        entry = self._waiting.get(answer.id)
        if entry is None or entry[0].done():
            return  # given up
        answered, deserializer, _ = entry
        if answer.status:
            code = STATUSES.get(answer.status, grpc.StatusCode.UNKNOWN)
            _fail(answered, code, answer.details, metadata_of(answer.trailers))
            return
        try:
            answered.set_result(deserializer(answer.response))
        except Exception as error:  # as gRPC does: one answer that cannot be read is one failure
            _fail(answered, grpc.StatusCode.INTERNAL, f"unreadable answer: {error}")

    def _ended(self, number: int) -> None:
        answered, _, timer = self._waiting.pop(number)
        timer.cancel()
        if answered.cancelled():
            self._outbox.put(pb.LineCall(id=number, is_given_up=True), 0)
        else:
            answered.exception()  # looked at, whether or not somebody still awaits it
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._is_retired and not self._waiting:
            self._outbox.end()


def _run_out(answered: asyncio.Future[Any]) -> None:
    _fail(answered, grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")


def _fail(
    answered: asyncio.Future[Any],
    code: grpc.StatusCode,
    details: str,
    trailing: grpc.aio.Metadata | None = None,
) -> None:
    if not answered.done():
        nothing = grpc.aio.Metadata()
        answered.set_exception(
            grpc.aio.AioRpcError(code, nothing, trailing or nothing, details, None)
        )

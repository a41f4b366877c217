"""The caller's end of a line: calls go out, answers come back in any order."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import grpc
import structlog

from protos import line_pb2 as pb
from serving.lines.outbox import FRAME_BYTES, LARGE_BYTES, Outbox
from serving.lines.reading import messages_of
from serving.lines.trailers import metadata_of

STATUSES = {code.value[0]: code for code in grpc.StatusCode}
LINE_LOST = "the line was lost"

HEAD_BYTES = 1_024
"""Of a call without its request: method and metadata take less."""

Deserializer = Callable[[bytes], Any]

log = structlog.get_logger()


class Line:
    """An open stream of `LineService.Open`.

    Attributes:
        is_open: Whether calls may be made; false for good once the stream has ended.
        is_retired: Whether it ends because it was told to.
        max_request_bytes: Of a call.
    """

    def __init__(self, stream: Any, max_message_bytes: int) -> None:
        """`max_message_bytes`: that the server takes."""
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._outbox: Outbox[pb.LineCall] = Outbox(self._write, max_message_bytes)
        self.max_request_bytes = min(LARGE_BYTES, max_message_bytes - HEAD_BYTES - FRAME_BYTES)
        self._waiting: dict[int, tuple[asyncio.Future[Any], Deserializer, asyncio.TimerHandle]] = {}
        self._last_id = 0
        self.is_retired = False
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
        answered.add_done_callback(lambda _: self._ended(number, answered))
        call = pb.LineCall(id=number, method=method, metadata=dict(metadata), request=request)
        self._outbox.put(call, HEAD_BYTES + len(request))
        return answered

    def retire(self) -> None:
        """Take no more calls, and end once those under way are answered."""
        self.is_open = False
        self.is_retired = True
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
            lost = list(self._waiting.values())
            self._waiting.clear()  # there is nobody to tell that they are given up
            for answered, _, timer in lost:
                timer.cancel()
                _fail(answered, code, details)

    async def _send(self) -> None:
        try:
            await self._outbox.run()
            await self._stream.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # reading tells how the stream has ended
        except Exception:
            log.exception("a line cannot be written to")
            self._stream.cancel()

    async def _write(self, calls: Sequence[pb.LineCall]) -> None:
        """Those that somebody still waits for, with the time that is left to them."""
        wanted, now_s = [], self._loop.time()
        for call in calls:
            if call.is_given_up:
                wanted.append(call)
            elif entry := self._waiting.get(call.id):
                call.timeout_us = max(1, round(1e6 * (entry[2].when() - now_s)))
                wanted.append(call)
        if wanted:
            await self._stream.write(pb.LineCalls(calls=wanted))

    def _take(self, answer: pb.LineAnswer) -> None:
        # Taken out before it is done, by which `_ended` knows that the server is done with it.
        entry = self._waiting.pop(answer.id, None)
        if entry is None:
            return  # given up
        answered, deserializer, timer = entry
        timer.cancel()
        try:
            if answer.status:
                code = STATUSES.get(answer.status, grpc.StatusCode.UNKNOWN)
                _fail(answered, code, answer.details, metadata_of(answer.trailers))
            elif not answered.done():
                answered.set_result(deserializer(answer.response))
        except Exception as error:  # as gRPC does: one answer that cannot be read is one failure
            _fail(answered, grpc.StatusCode.INTERNAL, f"unreadable answer: {error}")

    def _ended(self, number: int, answered: asyncio.Future[Any]) -> None:
        if not answered.cancelled():
            answered.exception()  # looked at, whether or not somebody still awaits it
        if entry := self._waiting.pop(number, None):  # nobody waits any more, and it may be at work
            entry[2].cancel()
            self._outbox.put(pb.LineCall(id=number, is_given_up=True), 0)
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self.is_retired and not self._waiting:
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

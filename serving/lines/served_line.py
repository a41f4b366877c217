"""One line at the server: starts calls as they come, and sends each answer when it is there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog

from protos import line_pb2 as pb
from serving.lines.carried_call import CarriedCall, Refusal
from serving.lines.carried_methods import CarriedMethods, Handler
from serving.lines.outbox import FRAME_BYTES, Outbox
from serving.lines.reading import messages_of

MAX_UNREAD_MESSAGES = 4
"""A caller for whom more than so many of the largest messages wait gets no more."""

UNREAD = grpc.StatusCode.RESOURCE_EXHAUSTED

log = structlog.get_logger()


@dataclass(slots=True)
class Room:
    """What all lines of a server share.

    Attributes:
        max_calls: Under way at once, beside those that came without a line.
        max_message_bytes: Of what is taken, and of what callers take.
        calls: Under way now.
        is_closed: Whether new calls are refused, as the server stops.
    """

    max_calls: int
    max_message_bytes: int
    calls: int = 0
    is_closed: bool = False


class ServedLine:
    """Ends when the caller has ended it and has all answers, or is gone."""

    def __init__(self, context: Any, methods: CarriedMethods, room: Room) -> None:
        """`context`: gRPC's, of the stream."""
        self._context = context
        self._opened_with = tuple(context.invocation_metadata() or ())
        self._methods = methods
        self._room = room
        self._outbox: Outbox[pb.LineAnswer] = Outbox(self._write, room.max_message_bytes)
        self._going_on: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        await self._context.write(pb.LineAnswers(max_message_bytes=self._room.max_message_bytes))
        sending = asyncio.create_task(self._outbox.run())
        try:
            async for message in messages_of(self._context):
                if self._outbox.waiting_bytes > MAX_UNREAD_MESSAGES * self._room.max_message_bytes:
                    await self._context.abort(UNREAD, "asks more than it reads")
                for call in message.calls:
                    self._begin(call)
            if self._going_on:
                await asyncio.wait(self._going_on.values())
            self._outbox.end()
            await sending
        finally:
            sending.cancel()
            for task in self._going_on.values():
                task.cancel()

    async def _write(self, answers: Sequence[pb.LineAnswer]) -> None:
        await self._context.write(pb.LineAnswers(answers=answers))

    def _begin(self, call: pb.LineCall) -> None:
        if call.is_given_up:
            if task := self._going_on.get(call.id):
                task.cancel()
            return
        handler = self._methods.find(call.method)
        room = self._room
        if handler is None:
            self._refuse(call.id, grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        elif room.is_closed:
            self._refuse(call.id, grpc.StatusCode.UNAVAILABLE, "the server stops")
        elif room.calls >= room.max_calls or call.id in self._going_on:
            self._refuse(call.id, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls at once")
        else:
            room.calls += 1
            loop = asyncio.get_running_loop()
            end_s = loop.time() + call.timeout_us / 1e6
            task = loop.create_task(self._handle(call, handler, end_s))
            self._going_on[call.id] = task
            # As gRPC does: whoever called has gone on by then.
            timer = loop.call_at(end_s, task.cancel)
            task.add_done_callback(lambda _: self._ended(call.id, timer))

    async def _handle(self, call: pb.LineCall, handler: Handler, end_s: float) -> None:
        context = CarriedCall(call, end_s, self._context, self._opened_with)
        try:
            request = _converted(handler.request_deserializer, call.request)
            response = await handler.unary_unary(request, context)
            body = _converted(handler.response_serializer, response)
        except Refusal as refusal:
            self._put(refusal.answer(call.id))
        except Exception:  # nothing but codecs: the guard around the handler lets no other through
            log.exception("a message on a line does not fit", method=call.method)
            self._refuse(call.id, grpc.StatusCode.INTERNAL, "internal error")
        else:
            self._put_response(call.id, body)

    def _put_response(self, number: int, body: bytes) -> None:
        limit = self._room.max_message_bytes - FRAME_BYTES
        if len(body) > limit:
            problem = f"answer of {len(body)} bytes, limit {limit}"
            self._refuse(number, grpc.StatusCode.RESOURCE_EXHAUSTED, problem)
        else:
            self._outbox.put(pb.LineAnswer(id=number, response=body), len(body))

    def _refuse(self, number: int, code: grpc.StatusCode, details: str) -> None:
        self._put(pb.LineAnswer(id=number, status=code.value[0], details=details))

    def _put(self, failure: pb.LineAnswer) -> None:
        self._outbox.put(failure, failure.ByteSize())

    def _ended(self, number: int, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._room.calls -= 1
        del self._going_on[number]


def _converted(codec: Any, message: Any) -> Any:
    """As gRPC: without a codec, messages are bytes."""
    return message if codec is None else codec(message)

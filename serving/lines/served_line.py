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
from serving.lines.outbox import Outbox
from serving.lines.reading import messages_of

log = structlog.get_logger()


@dataclass(slots=True)
class Room:
    """What all lines of a server share.

    Attributes:
        max_calls: Under way at once.
        max_answer_bytes: What callers take in one message.
        calls: Under way now.
        is_closed: Whether new calls are refused, as the server stops.
    """

    max_calls: int
    max_answer_bytes: int
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
        self._outbox: Outbox[pb.LineAnswer] = Outbox(self._write)
        self._going_on: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        await self._write([])  # it is open
        sending = asyncio.create_task(self._outbox.run())
        try:
            async for message in messages_of(self._context):
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
            task = asyncio.create_task(self._handle(call, handler))
            self._going_on[call.id] = task
            # As gRPC does: whoever called has gone on by then.
            loop = asyncio.get_running_loop()
            timer = loop.call_later(call.timeout_us / 1e6, task.cancel)
            task.add_done_callback(lambda _: self._ended(call.id, timer))

    async def _handle(self, call: pb.LineCall, handler: Handler) -> None:
        context = CarriedCall(call, self._context, self._opened_with)
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
        limit = self._room.max_answer_bytes
        if len(body) > limit:
            problem = f"answer of {len(body)} bytes, limit {limit}"
            self._refuse(number, grpc.StatusCode.RESOURCE_EXHAUSTED, problem)
        else:
            self._put(pb.LineAnswer(id=number, response=body))

    def _refuse(self, number: int, code: grpc.StatusCode, details: str) -> None:
        self._put(pb.LineAnswer(id=number, status=code.value[0], details=details))

    def _put(self, answer: pb.LineAnswer) -> None:
        self._outbox.put(answer, len(answer.response))

    def _ended(self, number: int, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._room.calls -= 1
        del self._going_on[number]


def _converted(codec: Any, message: Any) -> Any:
    """As gRPC: without a codec, messages are bytes."""
    return message if codec is None else codec(message)

"""Keeps a line to one replica: opened anew every few seconds, left out where there is none.

A line does not outlive what it was opened with. A server that ends a connection for its age leaves
10 s for what is under way; a caller's certificate or token may change. So no line is used for long,
and nobody has to be told. Where no line is open, calls are made without one.
"""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

import grpc

from protos import line_pb2 as pb
from serving.lines.line import Line
from serving.lines.reading import EOF
from serving.serving_loop import urgent

RENEW_S, USED_S = 4.0, 5.0
"""After so long the next line is opened, after so long this one is used no more."""

LONGEST_CALL_S = 4.0
"""Of a call on a line. USED_S and this together stay below the 10 s that servers leave."""

AFTER_LOSS_S = 0.25
"""A lost line is opened again after so long: its replica may be away, or just have gone."""

OPEN_S = 1.0

METHOD = f"/{pb.DESCRIPTOR.services_by_name['LineService'].full_name}/Open"


class KeptLine:
    """Belongs to one connection and one event loop. The first line is opened for the first call."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._line: Line | None = None
        self._until_s = 0.0
        self._renew_at_s = 0.0
        self._is_closed = False
        self._running: set[asyncio.Task[None]] = set()

    def current(self, timeout_s: float) -> Line | None:
        """The line for a call of so long; `None` where it is to be made without one."""
        now_s = self._loop.time()
        if now_s >= self._renew_at_s:
            self._renew_at_s = now_s + RENEW_S
            self._begin("open a line", self._renew())
        line = self._line
        if line is None or not line.is_open or now_s >= self._until_s or timeout_s > LONGEST_CALL_S:
            return None
        return line

    async def close(self, grace_s: float | None) -> None:
        """Let calls under way end within `grace_s`, at once for `None`."""
        self._is_closed = True
        self._renew_at_s = float("inf")
        if self._line is not None:
            self._line.retire()
        if self._running and grace_s is not None:
            await asyncio.wait(self._running, timeout=grace_s)
        for task in self._running:
            task.cancel()

    async def _renew(self) -> None:
        open_line: Any = self._channel.stream_stream(
            METHOD, pb.LineCalls.SerializeToString, pb.LineAnswers.FromString
        )
        stream = open_line(timeout=USED_S + LONGEST_CALL_S)
        try:
            async with asyncio.timeout(OPEN_S):
                first = await stream.read()
        except (grpc.aio.AioRpcError, TimeoutError):
            first = EOF  # a call without a line says why, where it matters
        if first is EOF:
            stream.cancel()
            return
        if self._line is not None:
            self._line.retire()
        self._line = Line(stream, first.max_message_bytes)
        self._until_s = self._loop.time() + USED_S
        self._begin("line", self._carry(self._line))

    async def _carry(self, line: Line) -> None:
        try:
            await line.run()
        finally:
            if not (line.is_retired or self._is_closed):
                self._renew_at_s = min(self._renew_at_s, self._loop.time() + AFTER_LOSS_S)

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        # In no request's context: it serves all of them.
        task = self._loop.create_task(work, name=name, context=urgent(Context()))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

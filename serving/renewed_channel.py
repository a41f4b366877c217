"""A channel that goes over to a new certificate while calls are made.

gRPC fixes the credentials of a channel for its life. So when the files change, a second channel is
opened beside the first, calls move to it once it is connected, and the first ends with its calls.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import structlog

from serving.tls_files import TlsFiles
from serving.watched_files import WatchedFiles

CONNECT_S = 10.0
"""A new channel is waited for so long at a time. Calls go on over the old one meanwhile, unless by
then that one is not connected either."""

GRACE_S = 60.0
"""For calls that are still on the old channel."""

AUTHORIZATION = "authorization"
OpenChannel = Callable[[TlsFiles], grpc.aio.Channel]
Token = Callable[[], str | None]
log = structlog.get_logger()


class RenewedChannel(grpc.aio.Channel):
    """Belongs to the event loop it was made in, as the channels within."""

    def __init__(
        self, files: WatchedFiles[TlsFiles], open_channel: OpenChannel, token: Token
    ) -> None:
        """`token`: what calls show beside the certificate; `None` for nothing."""
        self._files = files
        self._token = token
        self._open_channel = open_channel
        self._in_use = files.value
        self._channel = open_channel(self._in_use)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def current(self) -> grpc.aio.Channel:
        """The channel for the next call; begins to open another if the files have changed."""
        newest = self._files.value
        if newest is not self._in_use:
            self._in_use = newest
            task = asyncio.create_task(self._move_to(newest), name="renew channel")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._channel

    async def _move_to(self, files: TlsFiles) -> None:
        channel = self._open_channel(files)
        try:
            await self._until_better(channel, files)
        except asyncio.CancelledError:
            await channel.close(None)
            raise
        if files is not self._in_use:  # the next ones have come, and may be in use already
            await channel.close(None)
            return
        old, self._channel = self._channel, channel
        await old.close(GRACE_S)

    async def _until_better(self, channel: grpc.aio.Channel, files: TlsFiles) -> None:
        """Wait until a new channel is no worse than the present one, or its files are not the
        newest any more."""
        while files is self._in_use:
            try:
                async with asyncio.timeout(CONNECT_S):
                    await channel.channel_ready()
                return
            except TimeoutError:
                log.warning("not connected with the new certificate yet", waited_s=CONNECT_S)
            if self._channel.get_state() is not grpc.ChannelConnectivity.READY:
                return

    async def close(self, grace: float | None = None) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._channel.close(grace)

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close(None)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.current.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.current.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.current.channel_ready()

    def unary_unary(self, *method: Any, **codecs: Any) -> Any:
        """The stubs make these once and call them often: each call goes to the channel of then."""
        on: grpc.aio.Channel | None = None
        ask: Any = None

        def call(request: Any, *, metadata: Any = None, **options: Any) -> Any:
            nonlocal on, ask
            channel = self.current
            if channel is not on:
                on, ask = channel, channel.unary_unary(*method, **codecs)
            return ask(request, metadata=self._shown(metadata), **options)

        return call

    def _shown(self, metadata: Any) -> Any:
        token = self._token()
        if token is None:
            return metadata
        return (*(metadata or ()), (AUTHORIZATION, f"Bearer {token}"))

    def unary_stream(self, *method: Any, **codecs: Any) -> Any:
        return self.current.unary_stream(*method, **codecs)

    def stream_unary(self, *method: Any, **codecs: Any) -> Any:
        return self.current.stream_unary(*method, **codecs)

    def stream_stream(self, *method: Any, **codecs: Any) -> Any:
        """For one stream: the next one is asked for anew."""
        open_stream: Any = self.current.stream_stream(*method, **codecs)

        def call(*, metadata: Any = None, **options: Any) -> Any:
            return open_stream(metadata=self._shown(metadata), **options)

        return call

"""Which channel calls go to when files change, with channels that connect when a test says so."""

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from serving import renewed_channel
from serving.renewed_channel import RenewedChannel
from tests.serving.until import until


class FakeChannel:
    def __init__(self, name: str) -> None:
        self.name = name
        self.connected = asyncio.Event()
        self.is_closed = False

    async def channel_ready(self) -> None:
        await self.connected.wait()

    def get_state(self) -> grpc.ChannelConnectivity:
        if self.connected.is_set():
            return grpc.ChannelConnectivity.READY
        return grpc.ChannelConnectivity.TRANSIENT_FAILURE

    async def close(self, _grace: float | None) -> None:
        self.is_closed = True


@pytest.fixture
async def renewed(monkeypatch):
    """A channel that is connected with its first files, and all that it opened, by their files."""
    monkeypatch.setattr(renewed_channel, "CONNECT_S", 0.02)
    opened: dict[str, FakeChannel] = {}

    def open_channel(files: Any) -> FakeChannel:
        return opened.setdefault(files, FakeChannel(files))

    files = SimpleNamespace(value="first")
    channel = RenewedChannel(files, open_channel, lambda: None)  # type: ignore[arg-type]
    opened["first"].connected.set()

    async def change(name: str) -> None:
        files.value = name
        assert channel.current
        await asyncio.sleep(0)

    yield SimpleNamespace(channel=channel, opened=opened, change=change)
    await channel.close()


async def until_used(renewed, name: str) -> None:
    await until(lambda: renewed.channel.current is renewed.opened[name])


async def test_calls_move_once_the_new_channel_is_connected(renewed):
    await renewed.change("second")
    await asyncio.sleep(0.005)
    assert renewed.channel.current is renewed.opened["first"]
    renewed.opened["second"].connected.set()
    await until_used(renewed, "second")
    assert renewed.opened["first"].is_closed


async def test_a_channel_that_works_is_not_left_for_one_that_does_not(renewed):
    await renewed.change("refused")
    await asyncio.sleep(0.1)
    assert renewed.channel.current is renewed.opened["first"]
    assert not renewed.opened["first"].is_closed
    renewed.opened["refused"].connected.set()
    await until_used(renewed, "refused")


async def test_where_neither_is_connected_the_new_one_is_used(renewed):
    renewed.opened["first"].connected.clear()
    await renewed.change("second")
    await until_used(renewed, "second")


async def test_files_that_were_corrected_meanwhile_do_not_come_back(renewed):
    await renewed.change("wrong")
    await renewed.change("corrected")
    renewed.opened["corrected"].connected.set()
    await until_used(renewed, "corrected")
    await asyncio.sleep(0.1)
    assert renewed.channel.current is renewed.opened["corrected"]
    assert renewed.opened["wrong"].is_closed
    assert not renewed.opened["corrected"].is_closed

"""What probes say of a loop that turns, one that stands still, and one that is gone."""

import asyncio
import threading
import urllib.request
from urllib.error import HTTPError

import pytest

from serving import probes as probes_module
from serving.metrics_recorder import Metrics
from serving.probes import Probe, probes
from serving.server import GrpcServer
from tests.serving.echo_service import SERVICE, add_echo, local_settings


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes_module, "LIVE_S", 0.05)
    monkeypatch.setattr(probes_module, "READY_S", 0.05)


async def answers(asked: dict[str, Probe]) -> dict[str, bool]:
    return {path: await asyncio.to_thread(probe) is None for path, probe in asked.items()}


async def test_a_process_that_is_loading_is_alive_and_not_ready():
    assert await answers(probes(lambda: False)) == {"/livez": True, "/readyz": False}


async def test_a_process_that_is_loaded_is_both():
    assert await answers(probes(lambda: True)) == {"/livez": True, "/readyz": True}


@pytest.mark.usefixtures("short_waits")
async def test_a_loop_that_stands_still_is_neither():
    asked = probes(lambda: True)
    seen: list[str | None] = []
    others = threading.Thread(target=lambda: seen.extend(probe() for probe in asked.values()))
    others.start()
    others.join()  # holds the loop for as long as both are asked
    assert [problem is not None for problem in seen] == [True, True]
    assert "stood still" in str(seen[0])


def test_a_loop_that_is_closed_is_neither():
    loop = asyncio.new_event_loop()

    async def made() -> dict[str, Probe]:
        return probes(lambda: True)

    asked = loop.run_until_complete(made())
    loop.close()
    assert all(probe() for probe in asked.values())


async def page(server: GrpcServer, path: str) -> int:
    def status() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.metrics_port}{path}") as answer:
                return int(answer.status)
        except HTTPError as refused:
            return refused.code

    return await asyncio.to_thread(status)


async def test_a_server_answers_as_its_health_does_until_it_has_drained(tmp_path):
    server = GrpcServer(local_settings(tmp_path, metrics_port=0), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    assert (await page(server, "/livez"), await page(server, "/readyz")) == (200, 503)
    await server.mark_serving(SERVICE)
    assert await page(server, "/readyz") == 200
    server.withdraw()
    assert (await page(server, "/livez"), await page(server, "/readyz")) == (200, 503)
    server.restore()
    assert await page(server, "/readyz") == 200

    async def while_draining() -> None:
        assert (await page(server, "/livez"), await page(server, "/readyz")) == (200, 503)

    server.on_close("probe", while_draining)
    assert await server.drain() == 0

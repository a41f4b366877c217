"""Every real server must pass these tests. Add a new one to SERVERS, not a new test file."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedrank.real.kafka_process import KafkaProcess, missing_for_kafka
from feedrank.real.ports import free_ports
from feedrank.real.redis_process import RedisProcess, missing_for_redis
from feedrank.real.server_process import ServerProcess, ServerStartError
from tests.real.fixtures import require

MakeServer = Callable[[Path], ServerProcess]


def a_redis(folder: Path) -> ServerProcess:
    require(missing_for_redis())
    return RedisProcess(folder, free_ports(1)[0])


def a_kafka(folder: Path) -> ServerProcess:
    require(missing_for_kafka())
    port, controller_port = free_ports(2)
    return KafkaProcess(folder, port, controller_port)


REASONS_IN_LOGS = r"(?s)kafka\.log:.*invalid port number|redis\.log:.*must be between 0 and 65535"
SERVERS = [
    pytest.param(a_redis, id="redis", marks=pytest.mark.redis),
    pytest.param(a_kafka, id="kafka", marks=pytest.mark.kafka),
]


@pytest.fixture(scope="module", params=SERVERS)
def make_server(request: pytest.FixtureRequest) -> MakeServer:
    make: MakeServer = request.param
    return make


@pytest.fixture(scope="module")
def server(
    make_server: MakeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """One server for all facts: each leaves it running."""
    with make_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def listens(server: ServerProcess) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_listens_once_started(server: ServerProcess) -> None:
    assert server.is_running
    assert listens(server)


def test_refuses_a_second_start(server: ServerProcess) -> None:
    with pytest.raises(RuntimeError, match="already runs"):
        server.start()
    assert server.is_running


def test_answers_nothing_while_paused_and_again_when_resumed(server: ServerProcess) -> None:
    server.pause()
    with pytest.raises(TimeoutError):
        server._answers()
    server.resume()
    assert server._answers()


def test_starts_again_on_its_port_after_a_kill(server: ServerProcess) -> None:
    before = server.process_id
    server.kill()
    assert not server.is_running
    assert not listens(server)
    server.start()
    assert server.process_id != before
    assert listens(server)


def test_stops_even_while_paused(server: ServerProcess) -> None:
    server.pause()
    server.stop()
    assert not server.is_running
    assert not listens(server)
    server.start()


def test_refuses_a_port_that_another_holds(
    server: ServerProcess, make_server: MakeServer, tmp_path: Path
) -> None:
    rival = make_server(tmp_path)
    rival.port = server.port
    with pytest.raises(ServerStartError, match=f"port {server.port} is taken"):
        rival.start()
    assert not rival.is_running


def test_says_what_its_log_says_when_it_cannot_start(
    make_server: MakeServer, tmp_path: Path
) -> None:
    # Ports end at 65535, so both refuse, each in its own words.
    impossible = make_server(tmp_path)
    impossible.port = 70_000
    with pytest.raises(ServerStartError, match=REASONS_IN_LOGS):
        impossible.start()
    assert not impossible.is_running


def test_stopping_what_does_not_run_is_harmless(make_server: MakeServer, tmp_path: Path) -> None:
    never_started = make_server(tmp_path)
    never_started.stop()
    never_started.kill()
    with pytest.raises(RuntimeError, match="does not run"):
        never_started.pause()

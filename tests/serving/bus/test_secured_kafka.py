"""TLS and logins on a real broker: what goes through, and what is said of what does not."""

import logging
import shutil
from pathlib import Path

import pytest
import structlog

from serving.bus.kafka_servers import KafkaServers
from serving.bus.open_bus import open_bus
from serving.errors import BusUnavailableError
from tests.real.secured_kafka import PASSWORDS, USER, SecuredKafka
from tests.serving.bus.builders import a_topic, read, values
from tests.serving.certificates import Authority

pytestmark = pytest.mark.kafka


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Signs what the broker believes as little as we believe this."""
    return Authority(tmp_path, "stranger")


@pytest.fixture
def changes_are_seen_at_once(monkeypatch):
    monkeypatch.setattr("serving.watched_files.CHECK_S", 0.0)


async def published(address: str) -> tuple[int, int]:
    bus = open_bus(address)
    await bus.start()
    try:
        return await bus.publish(a_topic(), b"x", partition=0, timeout_s=10.0)
    finally:
        await bus.close()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
async def test_the_other_mechanisms_log_in_too_and_no_log_shows_a_password(
    kafka: SecuredKafka, mechanism, caplog
):
    with caplog.at_level(logging.DEBUG):
        assert await published(kafka.login_address(mechanism)) == (0, 0)
    assert "aiokafka" in caplog.text
    assert PASSWORDS[mechanism] not in caplog.text


async def test_a_password_may_come_from_a_variable(kafka: SecuredKafka, monkeypatch):
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORDS["SCRAM-SHA-512"])
    address = kafka.tls_address(kafka.login_port)
    who = f"user={USER}&password_variable=KAFKA_PASSWORD"
    assert await published(f"{address}&{who}") == (0, 0)


def wrong_addresses(kafka: SecuredKafka, stranger: Authority) -> dict[str, tuple[str, str, str]]:
    """Name of the harm -> address, what is seen, and what is advised."""
    mutual, login = kafka.tls_address(kafka.mutual_port), kafka.tls_address(kafka.login_port)
    key, certificate = stranger.certify("feedrank")
    plain_port = f"kafkas://localhost:{kafka.port}"
    by_stranger = f"kafkas://localhost:{kafka.mutual_port}?authority={stranger.path}"
    wrong = stranger.path.with_name("password")
    wrong.write_text("wr0ng-password")
    scram = f"user={USER}&password_file={kafka.folder / 'SCRAM-SHA-512'}"
    return {
        "other authority": (by_stranger, "certificate that is refused: ", "name in authority"),
        "other name": (
            kafka.mutual_address.replace("localhost", "127.0.0.1"),
            "certificate that is refused: IP address mismatch",
            "a name it is for",
        ),
        "plain text to TLS": (
            f"kafka://localhost:{kafka.mutual_port}",
            "hangs up on plain text",
            "kafkas://",
        ),
        "TLS to plain text": (plain_port, "ends the handshake", "its TLS port"),
        "no certificate": (mutual, "refuses our certificate, or that there is none", "give cert"),
        "other certificate": (
            f"{mutual}&certificate={certificate}&key={key}",
            "refuses our certificate",
            "give certificate and key that its authority signed",
        ),
        "wrong password": (
            f"{login}&user={USER}&password_file={wrong}",
            f"refuses user '{USER}' or the password (SCRAM-SHA-512)",
            "correct user and password",
        ),
        "unknown user": (
            f"{login}&user=nobody&password_file={wrong}&mechanism=PLAIN",
            "refuses user 'nobody' or the password (PLAIN)",
            "correct user and password",
        ),
        "no login": (login, "it may want a login", "give user and password_file"),
        "login where there is none": (
            f"{kafka.mutual_address}&{scram}",
            "asks for no login here",
            "take user out",
        ),
        "lost file": (f"{mutual}x", "authority: no such file or directory", "correct the file"),
        "wrong key": (
            f"{mutual}&certificate={certificate}&key={kafka.client_key}",
            "key does not belong to certificate",
            "correct the file",
        ),
        "lost password": (
            f"{login}&user={USER}&password_variable=NOT_SET",
            "password_variable: NOT_SET is not set",
            "correct the file",
        ),
        "nobody there": ("kafkas://localhost:1", "cannot be reached", "correct the bus address"),
    }


async def test_each_mistake_is_told_by_its_name_with_what_to_do(kafka: SecuredKafka, stranger):
    for harm, (address, seen, advice) in wrong_addresses(kafka, stranger).items():
        problem = await KafkaServers.at(address).problem()
        assert problem is not None, harm
        assert seen in problem.seen, harm
        assert advice in problem.advice, harm
        assert "wr0ng-password" not in str(problem)
        assert str(kafka.folder) not in str(problem)


async def test_right_addresses_have_no_problem(kafka: SecuredKafka):
    for address in (kafka.address, kafka.mutual_address, kafka.login_address("PLAIN")):
        assert await KafkaServers.at(address).problem() is None


@pytest.mark.parametrize("harm", ["other authority", "plain text to TLS", "wrong password"])
async def test_a_bus_that_is_refused_starts_and_logs_why(kafka: SecuredKafka, stranger, harm):
    address, seen, advice = wrong_addresses(kafka, stranger)[harm]
    bus = open_bus(address)
    with structlog.testing.capture_logs() as lines:
        await bus.start()
        assert not await bus.prepare([a_topic()], 2.0)
        with pytest.raises(BusUnavailableError, match=seen.partition("(")[0]):
            await bus.identity()
        await bus.close()
    problems = {line["event"]: line["problem"] for line in lines if "problem" in line}
    assert {"topic not verified yet", "not ready to publish yet"} <= set(problems)
    for problem in problems.values():
        assert seen in problem
        assert advice in problem


@pytest.mark.usefixtures("changes_are_seen_at_once")
async def test_certificates_that_are_replaced_are_used_for_the_next_connection(
    kafka: SecuredKafka, stranger
):
    key, certificate = stranger.certify("feedrank")
    address = kafka.tls_address(kafka.mutual_port)
    bus = open_bus(f"{address}&certificate={certificate}&key={key}")
    await bus.start()
    with pytest.raises(BusUnavailableError, match="refuses our certificate"):
        await bus.identity()
    shutil.copy(kafka.client_certificate, certificate)
    shutil.copy(kafka.client_key, key)
    assert await bus.publish(a_topic(), b"x", partition=0, timeout_s=10.0) == (0, 0)
    certificate.write_text("half of")
    assert await bus.identity(), "what is no good changes nothing"
    await bus.close()


@pytest.mark.usefixtures("changes_are_seen_at_once")
async def test_a_password_that_is_replaced_is_used_by_readers_that_stand(
    kafka: SecuredKafka, tmp_path
):
    password = tmp_path / "password"
    shutil.copy(kafka.folder / "SCRAM-SHA-512", password)
    bus = open_bus(f"{kafka.tls_address(kafka.login_port)}&user={USER}&password_file={password}")
    await bus.start()
    topic = a_topic(partitions=1)
    subscription = await bus.subscribe(topic, {0: 0}, reader="test")
    await bus.publish(topic, b"x", partition=0, timeout_s=10.0)
    assert values(await read(subscription, 1)) == [b"x"]
    password.write_text("another one")
    await bus.publish(topic, b"y", partition=0, timeout_s=10.0)
    assert await subscription.poll(1, 0.2) == []
    assert await subscription.poll(1, 0.2) == [], "it tries the new one"
    shutil.copy(kafka.folder / "SCRAM-SHA-512", password)
    assert values(await read(subscription, 1)) == [b"y"]
    await subscription.close()
    await bus.close()

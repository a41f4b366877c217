"""Real servers for tests: where one is missing its tests are skipped; with CI set they fail."""

import os
from collections.abc import Iterator

import pytest

from feedrank.real.kafka_process import KafkaProcess, missing_for_kafka
from feedrank.real.ports import free_ports
from feedrank.real.redis_process import RedisProcess, missing_for_redis
from tests.real.secured_kafka import SecuredKafka


def require(missing: str | None) -> None:
    """Skip the test that asks when something is missing; fail it in CI, where nothing may be."""
    if missing is None:
        return
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def a_kafka(factory: pytest.TempPathFactory) -> KafkaProcess:
    require(missing_for_kafka())
    port, controller_port = free_ports(2)
    return KafkaProcess(factory.mktemp("kafka"), port, controller_port)


def a_redis(factory: pytest.TempPathFactory) -> RedisProcess:
    require(missing_for_redis())
    return RedisProcess(factory.mktemp("redis"), free_ports(1)[0])


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A running Kafka shared by the session: use topics of your own, and never stop it."""
    require(missing_for_kafka())
    with SecuredKafka(tmp_path_factory.mktemp("kafka"), free_ports(4)) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """A running Redis shared by the session: use keys of your own, and never stop it."""
    server = a_redis(tmp_path_factory)
    with server:
        yield server


@pytest.fixture
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    """A running Kafka of this test alone, to be killed, paused and started again at will."""
    server = a_kafka(tmp_path_factory)
    with server:
        yield server


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """A running Redis of this test alone, to be killed, paused and started again at will."""
    server = a_redis(tmp_path_factory)
    with server:
        yield server

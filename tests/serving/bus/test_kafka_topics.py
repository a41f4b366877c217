"""What a cluster that is still starting answers, and what a cluster refuses for good."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from serving.bus import kafka_topics
from serving.bus.kafka_servers import KafkaServers
from serving.bus.kafka_topics import KafkaTopics
from serving.errors import BusUnavailableError, PreconditionError
from tests.serving.bus.builders import a_topic

SERVERS = KafkaServers.at("kafka://host:9092")
NOT_CONTROLLER, INVALID_REPLICATION_FACTOR, POLICY_VIOLATION = 41, 38, 44
TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED = 29, 31


@dataclass
class StartingCluster:
    """Stands where the client of a cluster is opened; gives one of `answers` to each creation.

    A code is one of Kafka's; `None` is what the client does when no controller is elected.
    """

    answers: list[int | None]
    partitions: int = 2
    opened: int = 0
    closed: int = 0
    created: list[str] = field(default_factory=list)

    def __call__(self, **_: Any) -> Any:
        self.opened += 1
        return self

    async def start(self) -> None: ...

    async def close(self) -> None:
        self.closed += 1

    async def create_topics(self, topics: list[Any]) -> Any:
        code = self.answers.pop(0)
        if code is None:
            raise AttributeError("'NoneType' object has no attribute 'nodeId'")
        if code == 0:
            self.created += [topic.name for topic in topics]
        return SimpleNamespace(topic_errors=[(topic.name, code, "why") for topic in topics])

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [{"error_code": 0, "partitions": [None] * self.partitions} for _ in names]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(kafka_topics, "backoff_delays", lambda: iter([0.0] * 10))


@pytest.mark.parametrize("answer", [None, NOT_CONTROLLER, INVALID_REPLICATION_FACTOR])
async def test_a_cluster_that_is_still_starting_is_asked_again(answer):
    cluster = StartingCluster([answer, answer, 0])
    topic = a_topic(partitions=2)
    await KafkaTopics(SERVERS, cluster).ensure(topic)
    assert cluster.created == [topic.name]
    assert cluster.opened == cluster.closed == 3


async def test_what_a_cluster_refuses_is_not_asked_again():
    cluster = StartingCluster([POLICY_VIOLATION, 0])
    with pytest.raises(BusUnavailableError, match="PolicyViolationError"):
        await KafkaTopics(SERVERS, cluster).ensure(a_topic())
    assert cluster.opened == cluster.closed == 1


async def test_a_topic_of_another_width_is_refused():
    cluster = StartingCluster([0], partitions=3)
    with pytest.raises(PreconditionError, match="3 partitions"):
        await KafkaTopics(SERVERS, cluster).ensure(a_topic(partitions=2))


@pytest.mark.parametrize("answer", [TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED])
async def test_topics_that_others_made_need_no_right_to_make_topics(answer):
    cluster = StartingCluster([answer])
    await KafkaTopics(SERVERS, cluster).ensure(a_topic(partitions=2))
    assert cluster.opened == cluster.closed == 1


async def test_a_topic_that_is_missing_and_not_ours_to_make_is_told_with_its_width():
    cluster = StartingCluster([TOPIC_AUTHORIZATION_FAILED], partitions=0)
    problem = "we may not create it: 2 partitions are needed"
    with pytest.raises(BusUnavailableError, match=problem):
        await KafkaTopics(SERVERS, cluster).ensure(a_topic(partitions=2))

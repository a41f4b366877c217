"""Bus, state, Kafka and Redis, as their numbers and answers tell."""

import pytest

from feedrank.checkup.live.kafka_server import kafka_server, topics_finding, wanted_topics
from feedrank.checkup.live.redis_server import latency_finding, redis_findings, redis_server
from feedrank.checkup.live.streams import breaker, bus_writes, lag
from feedrank.real.ports import free_ports
from serving.metrics import BUS_HALTED, BUS_LAG, BUS_STALENESS, DEAD_LETTERS, STATE_BREAKER_OPEN
from tests.feedrank.checkup.live.pages import page

SOUND = {"used_memory": 2**20, "maxmemory": 0, "maxmemory_policy": "noeviction", "aof_enabled": 1}


def behind(messages, stale_ms=0.0, halted=0):
    def fill(metrics):
        metrics.gauge(BUS_LAG, "viewers", "3").set(messages)
        metrics.gauge(BUS_STALENESS, "viewers").set(stale_ms)
        metrics.gauge(BUS_HALTED, "viewers").set(halted)

    return fill


@pytest.mark.parametrize(
    ("filled", "verdict"),
    [
        (behind(10, 500), "good"),
        (behind(20_000), "bad"),
        (behind(1, 60_000), "bad"),
        (behind(0, 0, halted=1), "bad"),
    ],
)
def test_readers_that_are_behind_or_halted_are_told(filled, verdict):
    [finding] = lag([page("x", filled)])
    assert finding.verdict == verdict


def test_unreadable_messages_are_told():
    [finding] = bus_writes([page("x", lambda metrics: metrics.follow(DEAD_LETTERS, lambda: 3))])
    assert (finding.subject, finding.found) == ("dead letters", "3 set aside")
    assert bus_writes([page("x")]) == []


@pytest.mark.parametrize(("is_open", "verdict"), [(0.0, "good"), (1.0, "bad")])
def test_an_open_breaker_is_told(is_open, verdict):
    def fill(metrics):
        metrics.follow(STATE_BREAKER_OPEN, lambda: is_open)

    [finding] = breaker([page("x", fill), page("y")])
    assert finding.verdict == verdict
    assert "x" in finding.found


def test_a_redis_that_keeps_everything_is_good():
    assert [finding.verdict for finding in redis_findings(SOUND)] == ["good", "good"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aof_enabled": 0}, "appendonly is off"),
        ({"loading": 1}, "still loads"),
        ({"aof_last_write_status": "err"}, "cannot be written"),
        ({"maxmemory_policy": "allkeys-lru"}, "policy allkeys-lru"),
        ({"maxmemory": 2**20}, "1 MiB used of 1"),
    ],
)
def test_a_redis_that_may_forget_is_bad(change, words):
    [finding] = [f for f in redis_findings(SOUND | change) if f.verdict == "bad"]
    assert words in finding.found


def described(partitions=64, leader=1, isr=(1, 2), name=None):
    one = {"leader": leader, "replicas": [1, 2], "isr": list(isr)}
    return [
        {
            "topic": topic.name,
            "partitions": [
                {"partition": number, **one}
                for number in range(partitions if topic.name == name else topic.partitions)
            ],
        }
        for topic in wanted_topics(2)
    ]


def test_topics_as_they_must_be_are_good():
    assert topics_finding(described(), wanted_topics(2)).found == "5 topics as they must be"


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        (described()[1:], "topic actions is not there"),
        (described(3, name="items"), "topic items has 3 partitions, not 2"),
        (described(leader=-1), "64 partitions without a leader"),
        (described(isr=[1]), "64 partitions with copies that are behind"),
    ],
)
def test_topics_that_are_not_are_told(topics, words):
    finding = topics_finding(topics, wanted_topics(2))
    assert finding.verdict != "good"
    assert words in finding.found


async def test_stores_that_are_away_are_told_with_their_address():
    [nobody] = free_ports(1)
    [finding] = await kafka_server(f"kafka://127.0.0.1:{nobody}", 2)
    assert (finding.verdict, str(nobody) in finding.found) == ("bad", True)
    [finding] = await redis_server(f"redis://127.0.0.1:{nobody}/0")
    assert finding.verdict == "bad"


@pytest.mark.kafka
async def test_a_kafka_that_refuses_us_is_told_with_what_to_do(kafka, tmp_path):
    wrong = tmp_path / "password"
    wrong.write_text("wr0ng-password")
    login = kafka.tls_address(kafka.login_port)
    [finding] = await kafka_server(f"{login}&user=feedrank&password_file={wrong}", None)
    assert (finding.verdict, finding.advice) == ("bad", "correct user and password")
    assert "refuses user 'feedrank'" in finding.found
    assert "wr0ng-password" not in str(finding)
    [finding] = await kafka_server(kafka.login_address("PLAIN"), None)
    assert finding.verdict != "bad"
    [finding] = await kafka_server(f"{login}&user=feedrank&password=wr0ng-password", None)
    assert (finding.verdict, "password" in finding.found) == ("bad", True)
    assert "wr0ng-password" not in str(finding)


async def test_embedded_stores_are_not_asked():
    assert await kafka_server("log:///somewhere", 2) == []
    assert await redis_server("rocksdb:///somewhere") == []


async def test_a_real_redis_is_asked(redis_server_address):
    findings = await redis_server(redis_server_address)
    subjects = [finding.subject for finding in findings]
    assert subjects == ["Redis latency", "Redis persistence", "Redis memory"]


def test_a_redis_that_takes_long_is_told_with_what_to_do():
    assert latency_finding(0.2).verdict == "good"
    far = latency_finding(12.0)
    assert (far.verdict, far.found) == ("bad", "12.00 ms from here")
    assert "closer" in far.advice


@pytest.fixture
def redis_server_address(request):
    return request.getfixturevalue("redis_server").address

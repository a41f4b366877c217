"""Whether the Kafka that is used answers, and has our topics as they must be."""

from collections.abc import Sequence
from typing import Any

from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient

from feedrank.checkup.finding import Finding
from serving.bus.kafka_address import is_kafka
from serving.bus.kafka_servers import KafkaServers
from serving.bus.topics import ACTIONS, RANKED_LISTS, SERVED, Topic, item_counters, items

TIMEOUT_MS = 4_000
SUBJECT = "Kafka"


async def kafka_server(address: str, shard_count: int | None) -> list[Finding]:
    """Findings about a `kafka://` or `kafkas://` address; none about anything else.

    Args:
        shard_count: Of the generation in service; topics per shard are left out without.
    """
    if not is_kafka(address):
        return []
    try:
        servers = KafkaServers.at(address)
    except ValueError as error:
        return [Finding(SUBJECT, "bad", f"bus address: {error}", "see docs/security.md#kafka")]
    admin = AIOKafkaAdminClient(**servers.client_options(), request_timeout_ms=TIMEOUT_MS)
    try:
        await admin.start()
        described = await admin.describe_topics()
    except (kafka_errors.KafkaError, TimeoutError, OSError) as error:
        problem = await servers.problem()
        if problem is not None:
            return [Finding(SUBJECT, "bad", problem.seen, problem.advice)]
        seen = f"{servers} does not answer: {type(error).__name__}"
        return [Finding(SUBJECT, "bad", seen, "look at its brokers: one lets us in")]
    finally:
        await admin.close()
    return [topics_finding(described, wanted_topics(shard_count))]


def wanted_topics(shard_count: int | None) -> list[Topic]:
    per_shard = [] if shard_count is None else [items(shard_count), item_counters(shard_count)]
    return [ACTIONS, RANKED_LISTS, SERVED, *per_shard]


def topics_finding(described: Sequence[dict[str, Any]], wanted: Sequence[Topic]) -> Finding:
    """`described`: as Kafka's metadata has them."""
    found = {topic["topic"]: topic["partitions"] for topic in described}
    for topic in wanted:
        partitions = found.get(topic.name)
        if partitions is None:
            advice = "it is made at the first message; else look whether we may create topics"
            return Finding(SUBJECT, "optional", f"topic {topic.name} is not there", advice)
        if len(partitions) != topic.partitions:
            seen = f"topic {topic.name} has {len(partitions)} partitions, not {topic.partitions}"
            advice = "delete it if it is empty; else build with the shard count it began with"
            return Finding(SUBJECT, "bad", seen, advice)
        headless = [part["partition"] for part in partitions if part["leader"] < 0]
        if headless:
            seen = f"topic {topic.name}: {len(headless)} partitions without a leader"
            return Finding(SUBJECT, "bad", seen, "start the brokers that hold them")
        thin = [part for part in partitions if len(part["isr"]) < len(part["replicas"])]
        if thin:
            seen = f"topic {topic.name}: {len(thin)} partitions with copies that are behind"
            return Finding(SUBJECT, "optional", seen, "look at the brokers: one is down or slow")
    return Finding(SUBJECT, "good", f"{len(wanted)} topics as they must be")

"""The topics of the ring, one list. Changing a partition count means a new topic name."""

from dataclasses import dataclass
from typing import Literal

from serving.errors import PreconditionError

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic and what it promises.

    Attributes:
        partitions: How many; keys are spread by `partition_of`.
        acks: `all` survives the loss of any one machine (embedded: synced to disk before the
            acknowledgement), `leader` may lose the last moments on a crash.
        retention_ms: How long messages are kept, at least.
        compacted: Only the latest message of each key is kept for ever.
        linger_ms: How long the producer waits for company.
    """

    name: str
    partitions: int
    acks: Literal["all", "leader"]
    retention_ms: int
    compacted: bool = False
    linger_ms: int = 0


ACTIONS = Topic("actions", 64, "all", 14 * DAY_MS, linger_ms=1)
# Nobody waits for these, and together they cost broker and writer a third of what they cost alone.
# Nothing of ours reads them: docs/bus.md says who may want to.
SERVED = Topic("served", 64, "leader", 14 * DAY_MS, linger_ms=100)
RANKED_LISTS = Topic("ranked-lists", 64, "leader", 600_000)


def item_counters(shard_count: int) -> Topic:
    """Absolute counters per item; one partition per shard of the generation."""
    return Topic("item-counters", shard_count, "all", 14 * DAY_MS, compacted=True, linger_ms=5)


def items(shard_count: int) -> Topic:
    """New, changed and deleted items; one partition per shard of the generation."""
    return Topic("items", shard_count, "all", 14 * DAY_MS)


def dead_letters(topic: Topic) -> Topic:
    """Where unreadable messages of `topic` go, with the cause."""
    return Topic(f"{topic.name}-dead", topic.partitions, "all", 14 * DAY_MS)


def partition_of(key: int, partitions: int) -> int:
    """The partition of a key: the same in every process, language and release.

    Splitmix64's finaliser, because ids are often sequential and a plain remainder would follow
    whatever pattern they were given out in. Also the hash that puts items into shards.
    """
    z = (key + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (z ^ (z >> 31)) % partitions


def wrong_partition_count(topic: Topic, found: int, where: str) -> PreconditionError:
    """No retry helps: what is in the topic was spread over the count that it began with.

    Args:
        where: Of the bus, for example `on host:9092`.
    """
    return PreconditionError(
        f"topic {topic.name} has {found} partitions {where}, expected {topic.partitions}; "
        "topics per shard need a generation with the shard count they began with"
    )

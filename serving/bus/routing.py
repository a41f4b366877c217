"""Checks a message before it is accepted and says which partition it goes to; both buses use it."""

from serving.bus.topics import Topic, partition_of
from serving.errors import InvalidRequestError

MAX_MESSAGE_BYTES = 1 << 20
_MIN_KEY, _MAX_KEY = -(1 << 63), (1 << 63) - 1


def route(topic: Topic, value: bytes, key: int | None, partition: int | None) -> int:
    """The partition of a message.

    Raises:
        InvalidRequestError: Not exactly one of `key` and `partition`, one of them out of range, no
            key in a compacted topic, or a value that is empty or over `MAX_MESSAGE_BYTES`.
    """
    if not value:
        raise InvalidRequestError("value", f"empty message for topic {topic.name}")
    if len(value) > MAX_MESSAGE_BYTES:
        problem = f"{len(value)} bytes for topic {topic.name}, limit {MAX_MESSAGE_BYTES}"
        raise InvalidRequestError("value", problem)
    if (key is None) == (partition is None):
        raise InvalidRequestError("key", "exactly one of key and partition must be given")
    if key is not None:
        if not _MIN_KEY <= key <= _MAX_KEY:
            raise InvalidRequestError("key", f"{key} is not an int64")
        return partition_of(key, topic.partitions)
    if topic.compacted:
        raise InvalidRequestError("key", f"topic {topic.name} is compacted and needs a key")
    return checked_partition(topic, partition)


def checked_partition(topic: Topic, partition: int | None) -> int:
    """Return `partition` if `topic` has it.

    Raises:
        InvalidRequestError: It has not.
    """
    if partition is None or not 0 <= partition < topic.partitions:
        problem = f"{partition} is outside [0, {topic.partitions}) of topic {topic.name}"
        raise InvalidRequestError("partition", problem)
    return partition

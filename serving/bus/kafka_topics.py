"""Creates the topics we need and refuses those that are not as we need them."""

import asyncio
import functools
from collections.abc import Callable

import structlog
from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from serving.bus.backoff import backoff_delays
from serving.bus.kafka_servers import KafkaServers
from serving.bus.routing import MAX_MESSAGE_BYTES
from serving.bus.shared_task import SharedTask
from serving.bus.topics import DAY_MS, Topic, wrong_partition_count
from serving.errors import BusUnavailableError

REQUEST_TIMEOUT_MS = 5_000
# A message lies in a batch with its own header, key and checksums.
BATCH_OVERHEAD_BYTES = 64 * 1024
# Whatever the cluster was set up with: how many copies is the operator's decision.
_CLUSTER_DEFAULT = -1
# A cluster that starts has too few brokers at first for the copies that it wants.
_STARTING = (kafka_errors.InvalidReplicationFactorError,)
# Where others make the topics, as in a cluster of a whole company, they are there or are missed.
_NOT_OURS_TO_MAKE = (
    kafka_errors.TopicAuthorizationFailedError,
    kafka_errors.ClusterAuthorizationFailedError,
)

_log = structlog.get_logger(__name__)


class KafkaTopics:
    """Remembers which topics were found right, so that each is looked at once."""

    def __init__(
        self,
        servers: KafkaServers,
        open_admin: Callable[..., AIOKafkaAdminClient] = AIOKafkaAdminClient,
    ) -> None:
        self._servers = servers
        self._open_admin = open_admin
        self._checks: dict[Topic, SharedTask[None]] = {}
        self._verified: set[Topic] = set()

    async def ensure(self, topic: Topic) -> None:
        """Create the topic if it is missing; waits for as long as the broker is away.

        Raises:
            BusUnavailableError: It cannot be created.
            PreconditionError: It exists with another partition count.
        """
        if topic in self._verified:
            return
        if topic not in self._checks:
            self._checks[topic] = SharedTask(functools.partial(self._check, topic))
        await self._checks[topic].result()
        self._verified.add(topic)

    async def close(self) -> None:
        for check in self._checks.values():
            await check.close()

    async def _check(self, topic: Topic) -> None:
        for delay_s in backoff_delays():
            admin = self._open_admin(
                **self._servers.client_options(), request_timeout_ms=REQUEST_TIMEOUT_MS
            )
            try:
                await admin.start()
                await self._verify(admin, topic, may_create=await self._create(admin, topic))
                return
            except (kafka_errors.KafkaError, TimeoutError, OSError) as error:
                problem = await self._servers.why(error)
                _log.warning("topic not verified yet", topic=topic.name, problem=problem)
            finally:
                await admin.close()
            await asyncio.sleep(delay_s)

    async def _create(self, admin: AIOKafkaAdminClient, topic: Topic) -> bool:
        """Whether it is there now, or would be if it is ours to make."""
        # Asked before any metadata request, because that would make a broker that creates topics by
        # itself create this one with its own partition count.
        new = NewTopic(
            topic.name,
            topic.partitions,
            _CLUSTER_DEFAULT,
            replica_assignments={},
            topic_configs=topic_configs(topic),
        )
        try:
            response = await admin.create_topics([new])
        except AttributeError as error:
            # The client asks a controller that is still to be elected for its node id.
            raise kafka_errors.NotControllerError("no controller is known yet") from error
        for _, code, *detail in response.topic_errors:
            kind = kafka_errors.for_code(code)
            if kind is kafka_errors.TopicAlreadyExistsError:
                continue
            if kind in _NOT_OURS_TO_MAKE:
                return False
            if kind.retriable or issubclass(kind, _STARTING):
                raise kind(f"topic {topic.name} {detail}")
            if kind is not kafka_errors.NoError:
                problem = f"cannot be created: {kind.__name__} {detail}"
                raise BusUnavailableError(f"topic {topic.name} {problem}")
        return True

    async def _verify(self, admin: AIOKafkaAdminClient, topic: Topic, *, may_create: bool) -> None:
        (described,) = await admin.describe_topics([topic.name])
        found = len(described["partitions"])
        if not may_create and (described["error_code"] or not found):
            problem = f"is not there for us to see, and we may not create it: {topic.partitions}"
            raise BusUnavailableError(f"topic {topic.name} {problem} partitions are needed")
        if described["error_code"] or not found:
            # Just created: the news has not reached every broker yet.
            raise kafka_errors.UnknownTopicOrPartitionError(topic.name)
        if found != topic.partitions:
            raise wrong_partition_count(topic, found, f"on {self._servers}")


def topic_configs(topic: Topic) -> dict[str, str]:
    """What a topic promises, in Kafka's words."""
    # Kafka removes whole segments only, so they must be closed well before retention ends.
    segment_ms = max(60_000, min(topic.retention_ms // 2, 7 * DAY_MS))
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(topic.retention_ms),
        "segment.ms": str(segment_ms),
        "max.message.bytes": str(MAX_MESSAGE_BYTES + BATCH_OVERHEAD_BYTES),
        "message.timestamp.type": "LogAppendTime",
    }

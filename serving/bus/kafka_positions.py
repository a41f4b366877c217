"""Where a reader of Kafka stands in each partition, kept by us across connections."""

from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from serving.bus.counters import BusCounters
from serving.bus.topics import Topic
from serving.errors import PreconditionError

_log = structlog.get_logger(__name__)


class KafkaPositions:
    """Next offset per partition; an end asked for is looked up once, on the first connection."""

    def __init__(
        self,
        topic: Topic,
        start: Mapping[int, int | None],
        reader: str,
        counters: BusCounters,
    ) -> None:
        self._topic = topic
        self._reader = reader
        self._counters = counters
        self._offsets = dict(start)

    @property
    def need_broker(self) -> bool:
        """Whether a start is still "the end" and not yet a number."""
        return None in self._offsets.values()

    def next_offsets(self) -> dict[int, int]:
        return {p: offset for p, offset in self._offsets.items() if offset is not None}

    async def seek(self, consumer: AIOKafkaConsumer, *, check_end: bool) -> None:
        """Put the consumer where we stand, moving us into what the broker holds.

        Raises:
            PreconditionError: With `check_end`, past the end of a topic that cannot lose what it
                acknowledged.
            KafkaError: The broker does not answer.
        """
        places = [TopicPartition(self._topic.name, partition) for partition in self._offsets]
        consumer.assign(places)
        oldest = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        for place in places:
            offset = self._offsets[place.partition]
            if offset is None:
                offset = ends[place]
            elif offset < oldest[place]:
                self._report_truncation(place.partition, offset, oldest[place])
                offset = oldest[place]
            elif check_end and offset > ends[place]:
                self._refuse_or_report(place.partition, offset, ends[place])
                offset = ends[place]
            self._offsets[place.partition] = offset
            consumer.seek(place, offset)

    def advance(self, records: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        for place, batch in records.items():
            self._offsets[place.partition] = batch[-1].offset + 1

    async def skip_gaps(self, consumer: AIOKafkaConsumer) -> None:
        """Follow the consumer over offsets that compaction emptied. Does not wait."""
        for place in consumer.assignment():
            self._offsets[place.partition] = await consumer.position(place)

    def _report_truncation(self, partition: int, wanted: int, oldest: int) -> None:
        self._counters.replay_truncated += 1
        _log.warning(
            "replay truncated by retention",
            topic=self._topic.name,
            partition=partition,
            reader=self._reader,
            wanted=wanted,
            oldest=oldest,
        )

    def _refuse_or_report(self, partition: int, wanted: int, end: int) -> None:
        place = f"{self._topic.name}[{partition}]"
        problem = f"{place} ends at {end}, {self._reader} wants {wanted}"
        if self._topic.acks == "all":
            raise PreconditionError(f"{problem}: this is not the log that the offset came from")
        _log.warning("position past the end; continuing at the end", problem=problem)

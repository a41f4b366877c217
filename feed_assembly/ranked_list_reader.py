"""Reads this replica's partition of `ranked-lists`, from the end: older lists have no waiter."""

from feed_assembly.awaited_lists import AwaitedLists
from feed_assembly.late_lists import LateLists
from protos import ranker_pb2
from serving.bus.bus import Bus
from serving.bus.consumer import Batch, EventConsumer
from serving.bus.topics import RANKED_LISTS
from serving.contracts import ranked_list_codec
from serving.contracts.rank import RankedList

READER = "feed_assembly.ranked_lists"


def own_partition(replica_index: int, replica_count: int) -> int:
    """The partition of `ranked-lists` that one replica reads and has its answers sent to.

    One of those it owns: every partition is named in each of Kafka's fetches, one per list, so that
    reading sixty-four takes nearly twice the processor time of reading one.

    Raises:
        ValueError: there is no such replica, or too many for the partitions there are.
    """
    if not 0 <= replica_index < replica_count <= RANKED_LISTS.partitions:
        raise ValueError(
            f"replica {replica_index} of {replica_count}, need 0 <= index < count <= "
            f"{RANKED_LISTS.partitions}"
        )
    return replica_index


def ranked_list_reader(
    bus: Bus, partition: int, awaited: AwaitedLists, late: LateLists
) -> EventConsumer[RankedList]:
    """Hands lists to who waits for them, others to `late`."""

    async def apply(_partition: int, batch: Batch[RankedList]) -> None:
        for _, ranked in batch:
            given_up = awaited.deliver(ranked)
            if given_up is not None:
                late.keep(given_up, ranked)

    return EventConsumer(
        bus,
        RANKED_LISTS,
        {partition: None},
        reader=READER,
        decode=_decode,
        apply=apply,
    )


def _decode(value: bytes) -> RankedList:
    return ranked_list_codec.from_proto(ranker_pb2.RankedList.FromString(value))

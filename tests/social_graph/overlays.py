"""Writers of the tiny graph's overlay, and what lies in it."""

from generation.bus_positions import FirstOffsets
from generation.graph_records import Kind, key, unpack
from serving.bus.topics import ACTIONS, partition_of
from serving.state.state_store import StateStore
from social_graph.graph_base import GraphBase
from social_graph.graph_records import GraphRecords
from social_graph.overlay_writer import (
    OverlayWriter,
)

PEOPLE = (1, 2, 10, 11, 12, 13)
PARTITIONS = sorted({partition_of(person, ACTIONS.partitions) for person in PEOPLE})


def a_writer(store: StateStore, base: GraphBase) -> OverlayWriter:
    return OverlayWriter(
        store,
        GraphRecords(base, store),
        "g1",
        FirstOffsets(tuple(PARTITIONS), {}, {}),
        authors_are_viewers=True,
    )


async def all_records(store: StateStore, base: GraphBase) -> dict[bytes, bytes]:
    names = [key(kind, person) for kind in Kind for person in PEOPLE]
    return dict(zip(names, await GraphRecords(base, store).read(names), strict=True))


def pairs_of(records: dict[bytes, bytes], kind: Kind) -> set[tuple[int, int]]:
    return {
        (person, other)
        for person in PEOPLE
        for other in unpack(kind, records[key(kind, person)])[0].tolist()
    }

"""How far the data goes on each bus it was read from."""

import json
from collections.abc import Sequence

from generation.bus_positions import BusPositions, TopicOffsets
from spark_jobs.engine import Receipt
from spark_jobs.survey import covered_offsets
from tables.dataset import FILE_NAME, Dataset

ACTIONS = "actions"


def covered_positions(
    dataset: Dataset, receipts: Sequence[Receipt]
) -> tuple[TopicOffsets, BusPositions]:
    """Offsets of a bus that is not named, and those of every bus that is.

    What an export says it has read (partitions without rows included), and what the rows show, as
    an export that was cut short left rows and did not get to say so.
    """
    said = json.loads((dataset.folder / FILE_NAME).read_text(encoding="utf-8"))
    unnamed, named = said.get("bus_offsets", {}), said.get("bus_positions", {})
    buses = sorted({*named, *(receipt["bus"] for receipt in receipts)} - {""})
    return (
        _with_rows(unnamed, receipts, ""),
        {bus: _with_rows(named.get(bus, {}), receipts, bus) for bus in buses},
    )


def _with_rows(said: TopicOffsets, receipts: Sequence[Receipt], bus_id: str) -> TopicOffsets:
    return {**said, ACTIONS: covered_offsets(receipts, said.get(ACTIONS, {}), bus_id)}

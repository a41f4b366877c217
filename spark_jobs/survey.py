"""First look at the data: the names behind codes, its times, and the bus offsets it covers."""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from generation.vocabulary import Vocabulary
from spark_jobs.engine import Engine, Receipt
from spark_jobs.part_files import BATCH_ROWS
from tables.live_files import bus_of_file

DAY_MS = 86_400_000
MAX_HALF_LIFE_DAYS = 365

FAMILIES = {
    "region": "regions",
    "language": "languages",
    "categories": "categories",
    "surface": "surfaces",
    "device": "devices",
}
COMMON_FIRST = ("surfaces", "devices")
"""Families whose first names features single out: those with most actions come first."""

LOOKED_AT = (*FAMILIES, "occurred_ms", "partition", "bus_offset")


def survey(engine: Engine, files: list[Path]) -> list[Receipt]:
    """Look at every file of items, viewers and actions, one task each."""
    return engine.map(len(files), partial(survey_file, files), describe="survey")


def survey_file(files: list[Path], number: int) -> Receipt:
    """Names, days and offsets of one file.

    Returns:
        `names`: family -> name -> rows with it; `days`: day since 1970 -> actions; `latest_ms`: of
        the latest action, 0 without one; `bus`: identity of the bus that an export read them from,
        empty if unknown; `offsets`: partition -> first offset not covered.
    """
    names: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES.values()}
    days: Counter[int] = Counter()
    offsets: dict[str, int] = {}
    latest_ms = 0
    with pq.ParquetFile(files[number]) as file:
        columns = [name for name in LOOKED_AT if name in file.schema_arrow.names]
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            for column, family in FAMILIES.items():
                if column in columns:
                    names[family].update(_counts(batch.column(column)))
            if "occurred_ms" in columns and batch.num_rows:
                occurred_ms = batch.column("occurred_ms").to_numpy()
                latest_ms = max(latest_ms, int(occurred_ms.max()))
                day, count = np.unique(occurred_ms // DAY_MS, return_counts=True)
                days.update(dict(zip(day.tolist(), count.tolist(), strict=True)))
                _raise_offsets(offsets, batch)
    return {
        "names": {family: dict(found) for family, found in names.items()},
        "days": dict(days),
        "latest_ms": latest_ms,
        "bus": bus_of_file(files[number].name),
        "offsets": offsets,
    }


def vocabulary_of(receipts: Iterable[Receipt]) -> Vocabulary:
    """All names, each family in alphabetical order but for `COMMON_FIRST`."""
    names: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES.values()}
    for receipt in receipts:
        for family, found in receipt["names"].items():
            names[family].update(found)
    ordered = {family: sorted(found) for family, found in names.items()}
    for family in COMMON_FIRST:
        ordered[family].sort(key=lambda name: -names[family][name])  # stable: ties stay sorted
    return Vocabulary.of(**ordered)


def popularity_half_life_ms(receipts: Iterable[Receipt], data_time_ms: int) -> int:
    """Median age of all actions, in [1 day, 365 days].

    So half of what is known counts at least half, be the data two weeks of a feed or ten years of
    ratings; a few stray old times change nothing.
    """
    days: Counter[int] = Counter()
    for receipt in receipts:
        days.update({int(day): count for day, count in receipt["days"].items()})
    if not days:
        return 7 * DAY_MS
    order = sorted(days, reverse=True)
    passed = np.cumsum([days[day] for day in order])
    median_day = order[int(np.searchsorted(passed, passed[-1] / 2))]
    age_days = data_time_ms // DAY_MS - median_day
    return min(max(age_days, 1), MAX_HALF_LIFE_DAYS) * DAY_MS


def covered_offsets(
    receipts: Iterable[Receipt], said: dict[str, int], bus_id: str
) -> dict[str, int]:
    """First offset not covered, by partition: the larger of what rows from `bus_id` (empty: from
    an unknown bus) show and what `said` says."""
    offsets = dict(said)
    for receipt in receipts:
        if receipt["bus"] != bus_id:
            continue
        for partition, offset in receipt["offsets"].items():
            offsets[partition] = max(offset, offsets.get(partition, 0))
    return dict(sorted(offsets.items(), key=lambda entry: int(entry[0])))


def _counts(column: Any) -> dict[str, int]:
    flat = column.flatten() if pa.types.is_list(column.type) else column
    pairs = pc.value_counts(flat).to_pylist()
    return {pair["values"]: pair["counts"] for pair in pairs if pair["values"]}


def _raise_offsets(offsets: dict[str, int], batch: pa.RecordBatch) -> None:
    live = pc.is_valid(batch.column("bus_offset"))
    if not pc.any(live).as_py():
        return
    rows = pa.Table.from_batches([batch.select(["partition", "bus_offset"])]).filter(live)
    latest = rows.group_by("partition").aggregate([("bus_offset", "max")])
    found = zip(latest["partition"].to_pylist(), latest["bus_offset_max"].to_pylist(), strict=True)
    for partition, offset in found:
        if partition is not None and offset is not None:
            offsets[str(partition)] = max(offset + 1, offsets.get(str(partition), 0))

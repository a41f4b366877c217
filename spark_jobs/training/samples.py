"""Which rows models are trained on, and their labels: what viewers did within a day of seeing it.

Where the data has impressions, each one at a known time is a row. Where it has none, each positive
is a row, and beside it lie `negatives.PER_POSITIVE` sampled ones.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.engine import Receipt
from spark_jobs.events import IMPRESSION, IS_POSITIVE, is_own
from spark_jobs.pairs import pair_codes
from spark_jobs.part_files import numbers, part_path, read_part
from spark_jobs.training.as_of import sums_before
from spark_jobs.training.negatives import Catalogue, negatives_for
from spark_jobs.training.plan import TrainingPlan
from tables.schema import ACTION_NAMES

Longs = npt.NDArray[np.int64]
Events = dict[str, npt.NDArray[Any]]

LABELS: dict[str, tuple[str, ...]] = {
    "click": ("click",),
    "like": ("like",),
    "long_view": ("long_view",),
    "hide": ("hide", "report"),
    "positive": ("click", "like", "long_view", "share", "comment"),
}
"""Label -> the actions of which one must follow. `positive` is what the pre-ranker predicts."""

LABEL_WINDOW_MS = 86_400_000
BUCKET_MS = 3_600_000
GOLDEN = np.uint64(0x9E3779B97F4A7C15)

KEY = ("viewer_id", "occurred_ms", "item_id")
SAMPLE_ORDER = KEY
SAMPLE_SCHEMA = pa.schema(
    [
        *((name, pa.int64()) for name in KEY),
        ("block", pa.int32()),
        ("is_sampled", pa.bool_()),  # a sampled negative: nobody knows that it was shown
        ("surface", pa.int32()),
        ("device", pa.int32()),
        *((name, pa.int8()) for name in LABELS),
    ]
)

COLUMNS = (
    "viewer_id", "item_id", "occurred_ms", "action", "surface", "device", "is_approximate",
    "author_id",
)  # fmt: skip


def count_rows(plan: TrainingPlan, part: int) -> Receipt:
    """Rows that one viewer partition could give, by hour, before sampling."""
    events = read_events(plan, part)
    hours, counts = np.unique(
        events["occurred_ms"][shown_rows(plan, events)] // BUCKET_MS, return_counts=True
    )
    return {"hours": dict(zip(hours.tolist(), counts.tolist(), strict=True))}


def write_samples(plan: TrainingPlan, part: int) -> Receipt:
    """Write `samples/part-{part}.parquet` in `SAMPLE_ORDER`."""
    events = read_events(plan, part)
    shown = shown_rows(plan, events)
    block = plan.block_of(events["occurred_ms"][shown])
    keep = (block > 0) & _kept(plan, events, shown)
    shown, block = shown[keep], block[keep]
    columns: Events = {name: events[name][shown] for name in (*KEY, "surface", "device")}
    columns |= {"block": block, "is_sampled": np.zeros(len(shown), bool)}
    columns |= labels(events, shown)
    if not plan.facts.has_impressions and len(shown):
        columns = _with_negatives(plan, events, columns)
    order = np.lexsort([columns[name] for name in reversed(KEY)])
    arrays = [pa.array(columns[f.name][order]).cast(f.type) for f in SAMPLE_SCHEMA]
    target = part_path(plan.folder / "samples", part)
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(arrays, schema=SAMPLE_SCHEMA), target)
    return {"samples": len(order)}


def read_events(plan: TrainingPlan, part: int) -> Events:
    """One partition of histories as columns, with `own`."""
    table = read_part(plan.workplace.histories, part, COLUMNS)
    events: Events = {
        name: numbers(table, name, "i8") for name in ("viewer_id", "item_id", "occurred_ms")
    }
    for name in ("action", "surface", "device"):
        events[name] = numbers(table, name, "i4")
    events["is_approximate"] = table["is_approximate"].to_numpy()
    events["own"] = is_own(
        events["viewer_id"], numbers(table, "author_id", "i8", -1), plan.facts.authors_are_viewers
    )
    return events


def shown_rows(plan: TrainingPlan, events: Events) -> Longs:
    """Events that become rows, one per (viewer, item, time): at known times, not of own items."""
    counts = events["action"] == IMPRESSION
    if not plan.facts.has_impressions:
        counts = IS_POSITIVE[events["action"]]
    rows = np.flatnonzero(counts & ~events["is_approximate"] & ~events["own"])
    triples = np.stack([events[name][rows] for name in KEY], axis=1)
    _, first = np.unique(triples, axis=0, return_index=True)
    return rows[first]


def labels(events: Events, shown: Longs) -> Events:
    """`int8` per label: whether an action followed within a day and before the next showing.

    An action at the very time of the row counts: some data names one time for both.
    """
    known = ~events["is_approximate"]
    event_pair, pair = pair_codes(
        (events["viewer_id"][known], events["item_id"][known]),
        (events["viewer_id"][shown], events["item_id"][shown]),
    )
    start_ms = events["occurred_ms"][shown]
    end_ms = np.minimum(start_ms + LABEL_WINDOW_MS, _next_ms(pair, start_ms))
    amounts = np.stack(
        [
            np.isin(events["action"][known], [ACTION_NAMES.index(name) for name in names])
            for names in LABELS.values()
        ],
        axis=1,
    ).astype(np.float64)
    before, until = (
        sums_before(event_pair, events["occurred_ms"][known], amounts, pair, ms)
        for ms in (start_ms, end_ms)
    )
    happened = (until > before).astype(np.int8)
    return {name: happened[:, at] for at, name in enumerate(LABELS)}


def _next_ms(pair: Longs, shown_ms: Longs) -> Longs:
    """When the same pair is shown again; far in the future if never."""
    order = np.lexsort((shown_ms, pair))
    following = np.full(len(pair), np.iinfo(np.int64).max)
    again = np.flatnonzero(np.diff(pair[order]) == 0)
    following[order[again]] = shown_ms[order[again + 1]]
    return following


def _kept(plan: TrainingPlan, events: Events, rows: Longs) -> npt.NDArray[np.bool_]:
    """A share of the rows, the same whatever the partitioning."""
    mixed = np.zeros(len(rows), np.uint64)
    for name in KEY:
        mixed = (mixed ^ events[name][rows].view(np.uint64)) * GOLDEN
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53 < plan.kept_share


def _with_negatives(plan: TrainingPlan, events: Events, columns: Events) -> Events:
    catalogue = Catalogue.open(plan)
    row, item_id = negatives_for(
        plan,
        catalogue,
        {name: columns[name] for name in (*KEY, "block")},
        {name: events[name] for name in KEY},
    )
    sampled = {name: values[row] for name, values in columns.items()}
    sampled |= {name: np.zeros(len(row), np.int8) for name in LABELS}
    sampled |= {"item_id": item_id, "is_sampled": np.ones(len(row), bool)}
    return {name: np.concatenate([columns[name], sampled[name]]) for name in columns}

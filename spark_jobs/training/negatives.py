"""Negatives for data that does not say what was shown: items the viewer could have met.

For each positive, `PER_POSITIVE` items that existed at its time are drawn with a probability
proportional to `(1 + positives before the row's block) ** 0.75`: popular items are met more often,
and the power keeps the rare ones in. Items that the viewer had acted on by the end of the label
window are no negatives. Every draw depends on the seed, viewer, time and item of its row only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.arrow_file import MappedTable, write_table
from spark_jobs.engine import Receipt
from spark_jobs.pairs import pair_codes
from spark_jobs.part_files import numbers, read_part
from spark_jobs.training.as_of import sums_before
from spark_jobs.training.hashing import mixed_bits
from spark_jobs.training.plan import HOLDOUT_BLOCK, TrainingPlan

Longs = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

PER_POSITIVE = 4
POPULARITY_POWER = 0.75
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All items in the order of their creation, memory-mapped.

    Attributes:
        chances: By block, `float64[items]`: running sum of the chances to be drawn.
    """

    item_id: Longs
    author_id: Longs
    created_ms: Longs
    chances: dict[int, npt.NDArray[np.float64]]

    @staticmethod
    def open(plan: TrainingPlan) -> "Catalogue":
        table = MappedTable(plan.folder / "catalogue.arrow")
        blocks = range(1, HOLDOUT_BLOCK + 1)
        return Catalogue(
            table.array("item_id"),
            table.array("author_id"),
            table.array("created_ms"),
            {block: table.array(f"chances_{block}") for block in blocks},
        )


def write_catalogue(plan: TrainingPlan, _task: int) -> Receipt:
    """Write `catalogue.arrow`. One task: 48 bytes per item."""
    parts = [
        read_part(plan.workplace.items, shard, ["item_id", "author_id", "created_ms"])
        for shard in range(plan.facts.shards)
    ]
    item_id, created_ms = (
        np.concatenate([numbers(part, name, "i8") for part in parts])
        for name in ("item_id", "created_ms")
    )
    author_id = np.concatenate([numbers(part, "author_id", "i8", -1) for part in parts])
    order = np.lexsort((item_id, created_ms))
    columns: Columns = {
        "item_id": item_id[order],
        "author_id": author_id[order],
        "created_ms": created_ms[order],
    }
    for block in range(1, HOLDOUT_BLOCK + 1):
        known = MappedTable(plan.vectors(block) / "positive_viewers.arrow")
        counts = np.zeros(len(order))
        at = np.searchsorted(known.array("item_id"), columns["item_id"])
        at = np.minimum(at, len(known) - 1)
        if len(known):
            found = known.array("item_id")[at] == columns["item_id"]
            counts[found] = known.array("viewers")[at[found]]
        columns[f"chances_{block}"] = np.cumsum((1 + counts) ** POPULARITY_POWER)
    write_table(plan.folder / "catalogue.arrow", columns)
    return {"items": len(order)}


def negatives_for(
    plan: TrainingPlan, catalogue: Catalogue, rows: Columns, events: Columns
) -> tuple[Longs, Longs]:
    """Draw negatives.

    Args:
        rows: The positives: `viewer_id, item_id, occurred_ms, block`, `[n]` each.
        events: Everything the viewers did: `viewer_id, item_id, occurred_ms`.

    Returns:
        `(row, item_id)`, `int64[k]` each with k <= PER_POSITIVE * n: a draw that hits what the
        viewer had acted on, an own item, or another draw of the row is left out.
    """
    row = np.repeat(np.arange(len(rows["item_id"])), PER_POSITIVE)
    luck = _luck(plan.facts.seed, rows)
    drawn = np.full(len(row), -1, np.int64)
    for block, chances in catalogue.chances.items():
        here = rows["block"][row] == block
        existing = np.searchsorted(catalogue.created_ms, rows["occurred_ms"][row[here]])
        total = np.where(existing > 0, chances[np.maximum(existing, 1) - 1], 0)
        place = np.searchsorted(chances, luck[here] * total, side="right")
        drawn[here] = np.where(existing > 0, np.minimum(place, existing - 1), -1)
    row, drawn = row[drawn >= 0], drawn[drawn >= 0]
    item_id = catalogue.item_id[drawn]
    viewer_id = rows["viewer_id"][row]
    fair = _not_acted_on(viewer_id, item_id, rows["occurred_ms"][row] + DAY_MS, events)
    if plan.facts.authors_are_viewers:
        fair &= catalogue.author_id[drawn] != viewer_id
    triples = np.stack([viewer_id, rows["occurred_ms"][row], item_id], axis=1)
    first = np.zeros(len(row), bool)
    first[np.unique(triples, axis=0, return_index=True)[1]] = True
    return row[fair & first], item_id[fair & first]


def _not_acted_on(
    viewer_id: Longs, item_id: Longs, until_ms: Longs, events: Columns
) -> npt.NDArray[np.bool_]:
    event_pair, pair = pair_codes((events["viewer_id"], events["item_id"]), (viewer_id, item_id))
    ones = np.ones((len(event_pair), 1))
    acted = sums_before(event_pair, events["occurred_ms"], ones, pair, until_ms)
    never: npt.NDArray[np.bool_] = acted[:, 0] == 0
    return never


def _luck(seed: int, rows: Columns) -> npt.NDArray[np.float64]:
    """Uniform in [0, 1), `PER_POSITIVE` per row: hashes, so that partitioning changes nothing."""
    mixed: npt.NDArray[np.uint64] = np.full(len(rows["item_id"]), seed, np.uint64)
    for name in ("viewer_id", "item_id", "occurred_ms"):
        ids: npt.NDArray[np.uint64] = rows[name].view(np.uint64)
        mixed = mixed_bits(mixed ^ ids)
    draw: npt.NDArray[np.uint64] = np.arange(1, PER_POSITIVE + 1, dtype=np.uint64)
    return (mixed_bits(np.add.outer(mixed, draw)).reshape(-1) >> np.uint64(11)).astype(
        np.float64
    ) / 2**53

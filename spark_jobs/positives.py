"""Who liked what: the distinct pairs of viewer and item that vectors are fitted on.

A click, like, long view, share or comment makes a pair, a hide or report unmakes it. All pairs
weigh the same, because serving folds viewers in from lists of item ids that do not say which action
it was; a weight the fold-in cannot know would put its viewers elsewhere than the fit's.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.build_context import BuildContext, Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.events import IS_NEGATIVE
from spark_jobs.history import read_history
from spark_jobs.pairs import pair_codes
from spark_jobs.part_files import part_path

POSITIVE_SCHEMA = pa.schema(
    [
        ("viewer_id", pa.int64()),
        ("item_id", pa.int64()),
        ("weight", pa.float32()),
        ("is_own", pa.bool_()),  # of the item's author; does not count towards its popularity
    ]
)

FOREVER_MS = int(np.iinfo(np.int64).max)


def write_positives(context: BuildContext, out: Path, before_ms: int = FOREVER_MS) -> None:
    """Write `POSITIVE_SCHEMA` parts by (viewer_id, item_id), of what happened before a time."""
    facts = context.facts
    out.mkdir(parents=True)
    context.engine.map(
        facts.viewer_partitions,
        partial(positives_of_part, context.workplace, facts, out, before_ms),
        describe="positives",
    )


def positives_of_part(
    workplace: Workplace, facts: Facts, out: Path, before_ms: int, part: int
) -> Receipt:
    """Distinct pairs with a positive action that still stood at `before_ms`, each of weight 1."""
    history = read_history(workplace, facts, part)
    past = history.occurred_ms < before_ms
    [pair] = pair_codes((history.viewer_id, history.item_id))
    disliked = np.unique(pair[past & IS_NEGATIVE[history.action]])
    rows = np.flatnonzero(past & history.positive & ~np.isin(pair, disliked))
    _, first = np.unique(pair[rows], return_index=True)
    rows = rows[first]
    table = pa.table(
        [
            history.viewer_id[rows],
            history.item_id[rows],
            np.ones(len(rows), np.float32),
            history.own[rows],
        ],
        schema=POSITIVE_SCHEMA,
    )
    pq.write_table(table, part_path(out, part))
    return {"positives": len(rows)}

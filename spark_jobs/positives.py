"""Who liked what: the distinct pairs of viewer and item that vectors are fitted on."""

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.build_context import BuildContext, Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.history import read_history, taste
from spark_jobs.part_files import part_path

POSITIVE_SCHEMA = pa.schema(
    [("viewer_id", pa.int64()), ("item_id", pa.int64()), ("weight", pa.float32())]
)


def write_positives(context: BuildContext, out: Path) -> None:
    """Write `POSITIVE_SCHEMA` parts, ordered by (viewer_id, item_id)."""
    facts = context.facts
    out.mkdir()
    context.engine.map(
        facts.viewer_partitions,
        partial(positives_of_part, context.workplace, facts, out),
        describe="positives",
    )


def positives_of_part(workplace: Workplace, facts: Facts, out: Path, part: int) -> Receipt:
    """Distinct pairs with a positive action that still stands, each of weight 1."""
    history = read_history(workplace, facts, part)
    rows = taste(history)
    pairs = np.unique(np.stack([history.viewer_id[rows], history.item_id[rows]], axis=1), axis=0)
    weight = np.ones(len(pairs), np.float32)
    table = pa.table([pairs[:, 0], pairs[:, 1], weight], schema=POSITIVE_SCHEMA)
    pq.write_table(table, part_path(out, part))
    return {"positives": len(pairs)}

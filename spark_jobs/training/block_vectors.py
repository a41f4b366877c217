"""The vectors a block of training rows sees, rounded and thinned out as serving has them."""

import numpy as np
import pyarrow.parquet as pq

from generation.arrow_file import MappedTable, find_rows, write_table
from spark_jobs.engine import Receipt
from spark_jobs.gram import gram
from spark_jobs.part_files import numbers
from spark_jobs.shard_items import MIN_POSITIVE_VIEWERS
from spark_jobs.single_thread import single_thread
from spark_jobs.training.plan import TrainingPlan


def block_vectors(plan: TrainingPlan, number: int) -> Receipt:
    """For block `number + 1` write, beside what the fit wrote:

    `positive_viewers.arrow` (item_id int64 sorted, viewers int64: people, its author apart, who
    were positive about it), `served.arrow` (item_id int64 sorted, vector float16[dim]: items with
    at least three of them) and `gram.arrow` (row float32[dim], over all items of the fit).
    """
    block = number + 1
    folder = plan.vectors(block)
    pairs = pq.read_table(plan.positives(block), columns=["item_id", "is_own"])
    others = numbers(pairs, "item_id", "i8")[~pairs["is_own"].to_numpy()]
    item_id, viewers = np.unique(others, return_counts=True)
    write_table(folder / "positive_viewers.arrow", {"item_id": item_id, "viewers": viewers})
    fitted = MappedTable(folder / "items.arrow")
    vectors = fitted.array("vector")
    with single_thread():
        write_table(folder / "gram.arrow", {"row": gram(vectors)})
    known = item_id[viewers >= MIN_POSITIVE_VIEWERS]
    served = vectors[find_rows(fitted.array("item_id"), known)].astype(np.float16)
    rows = write_table(folder / "served.arrow", {"item_id": known, "vector": served})
    return {"vectors": rows}

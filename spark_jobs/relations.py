"""All relations as one narrow table by person, seen from both sides: one shuffle serves all."""

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Engine, Receipt
from spark_jobs.part_files import BATCH_ROWS, numbers, part_path
from tables.dataset import Dataset

FOLLOWS, FOLLOWED_BY, BLOCKS, BLOCKED_BY, MUTES, GROUPS = range(6)

RELATION_SCHEMA = pa.schema(
    [
        ("viewer_id", pa.int64()),
        ("kind", pa.int32()),  # one of the constants above
        ("other_id", pa.int64()),  # author or group; viewer where the kind ends in BY
        ("created_ms", pa.int64()),  # 0 unknown
    ]
)
RELATION_ORDER = ("viewer_id", "kind", "other_id", "created_ms")

SOURCES = {
    "follows": ("author_id", FOLLOWS, FOLLOWED_BY),
    "blocks": ("author_id", BLOCKS, BLOCKED_BY),
    "mutes": ("author_id", MUTES, None),
    "memberships": ("group_id", GROUPS, None),
}
"""Table -> column of the other side, its kind, and the kind seen from the other side."""


def gather_relations(engine: Engine, dataset: Dataset, workplace: Workplace, facts: Facts) -> None:
    """Write `relations/`."""
    sources = [(table, path) for table in SOURCES for path in dataset.files(table)]
    staged = workplace.scratch / "staged_relations"
    staged.mkdir()
    engine.map(
        len(sources),
        partial(relations_of_file, sources, staged, facts.authors_are_viewers),
        describe="relations",
    )
    engine.shuffle(
        staged,
        workplace.relations,
        key="viewer_id",
        partitions=facts.viewer_partitions,
        order_by=RELATION_ORDER,
    )


def relations_of_file(
    sources: list[tuple[str, Path]], out: Path, authors_are_viewers: bool, number: int
) -> Receipt:
    """Rewrite one file; where authors are viewers, relations to oneself are dropped."""
    table, path = sources[number]
    other, kind, reverse = SOURCES[table]
    target = part_path(out, number)
    with (
        pq.ParquetFile(path) as file,
        pq.ParquetWriter(target, RELATION_SCHEMA, compression="zstd") as writer,
    ):
        for batch in file.iter_batches(BATCH_ROWS, columns=["viewer_id", other, "created_ms"]):
            columns = {name: numbers(batch, name, "i8") for name in batch.schema.names}
            if authors_are_viewers and other == "author_id":
                keep = columns["viewer_id"] != columns[other]
                columns = {name: values[keep] for name, values in columns.items()}
            viewers, others, since = columns["viewer_id"], columns[other], columns["created_ms"]
            writer.write_table(_rows(viewers, kind, others, since))
            if reverse is not None and authors_are_viewers:
                writer.write_table(_rows(others, reverse, viewers, since))
    return {}


def _rows(people: np.ndarray, kind: int, others: np.ndarray, since: np.ndarray) -> pa.Table:
    kinds = np.full(len(people), kind, np.int32)
    columns = [pa.array(column) for column in (people, kinds, others, since)]
    return pa.table(columns, schema=RELATION_SCHEMA)

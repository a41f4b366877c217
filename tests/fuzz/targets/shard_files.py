"""A shard's files of the right form whose numbers are wrong: rows, places and codes that are not
there. Such a shard is refused when it is opened, or answers within its own rows.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ann_shards.question import Question
from ann_shards.shard import open_shard
from generation import layout
from generation.arrow_file import Lists, MappedTable, write_table
from generation.item_columns import EMBEDDING_DIM
from generation.manifest import InvalidGenerationError, Manifest
from generation.vocabulary import Vocabulary
from serving.contracts.shard import PartKind, SearchRequest
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible
from tests.fuzz.choices import Choices
from tests.fuzz.target import Target, Try
from tests.generation.tiny_generation import write_tiny_generation

TABLES = (
    layout.SHARD_ITEMS, layout.SHARD_ITEM_ROWS, layout.SHARD_AUTHORS, layout.SHARD_CATEGORIES,
    layout.SHARD_POPULAR,
)  # fmt: skip
IDS = [*range(-1, 20), *range(98, 140)]
QUESTION = Question(
    SearchRequest(
        "tiny",
        everything_eligible(allow_sensitive=True),
        [
            a_vector_part(0, 1, limit=40),
            *(an_id_part(k, IDS, limit=40) for k in list(PartKind)[1:]),
        ],
    )
)


def seeds() -> Iterator[bytes]:
    yield b""
    for table in range(len(TABLES)):
        yield bytes([table, 1, 0, 3, 1, 12, 9, 70, 3, 130, 8])


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        whole = write_tiny_generation(Path(name) / "generations")
        manifest, names = Manifest.read(whole), Vocabulary.read(whole / layout.VOCABULARY)
        original, folder = whole / layout.SHARD.format(shard=0), Path(name) / "shard"

        def attempt(data: bytes) -> None:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(original, folder)
            choices = Choices(data)
            if data:
                _spoil(folder / choices.one_of(TABLES), choices)
            try:
                shard = open_shard(folder, 0, manifest, names)
            except InvalidGenerationError:
                return
            _ask(shard)

        yield attempt


def _spoil(path: Path, choices: Choices) -> None:
    """Write a table again, some of its numbers changed, or a column gone or of another type."""
    table = MappedTable(path)
    columns: dict[str, Any] = {}
    for name in table.batch.schema.names:
        if pa.types.is_list(table.batch.schema.field(name).type):
            lists = table.lists(name)
            columns[name] = Lists(lists.offsets.copy(), lists.values.copy())
        else:
            columns[name] = table.array(name).copy()
    for _ in range(1 + choices.byte() % 3):
        name = choices.one_of(list(columns))
        column = columns[name]
        change = choices.byte() % 8
        if isinstance(column, Lists):
            choices.fill(column.values)
        elif change == 1 and len(columns) > 1:
            del columns[name]
        elif change == 2:
            columns[name] = column.astype(np.float64)
        elif change == 3:
            columns[name] = np.zeros((len(column), EMBEDDING_DIM + 1), column.dtype)
        else:
            choices.fill(column)
    path.unlink()
    write_table(path, columns)


def _ask(shard: Any) -> None:
    answer = shard.search(QUESTION)
    for part in answer.parts:
        assert ((part.rows >= 0) & (part.rows < len(answer.columns["item_id"]))).all()
    shard.lookup(np.array(IDS), 1_750_000_000_000)


TARGET = Target("shard_files", seeds, opened)

"""Tables of a generation as bytes: what a hash vouches for may still have been written badly."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from generation.arrow_file import Lists, MappedTable, write_table
from generation.id_lists import IdLists
from tests.fuzz.target import Target, Try


def seeds() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.arrow"
        lists = Lists(np.array([0, 2, 3], np.int32), np.array([5, 1, 0], np.int32))
        write_table(path, {"key": np.array([1, 4]), "rows": lists})
        yield path.read_bytes()
        write_table(path, {"key": np.array([1, 4]), "vector": np.zeros((2, 3), np.float16)})
        yield path.read_bytes()


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.arrow"

        def attempt(data: bytes) -> None:
            path.unlink(missing_ok=True)
            path.write_bytes(data)
            try:
                table = MappedTable(path)
                vectors = table.array("vector")
            except ValueError:
                vectors = None
            if vectors is not None:
                assert len(vectors) == len(table)
                vectors.sum()
            try:
                lists = IdLists(path)
            except ValueError:
                return
            for key in lists.keys[:1_000].tolist():
                lists.rows(key, 1_000).sum()

        yield attempt


TARGET = Target("arrow_files", seeds, opened)

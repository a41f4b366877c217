"""Text files of the importer, as rows: quotes, bytes and widths that nobody expects."""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tables.errors import SourceFileError
from tables.text_rows import open_text_rows
from tests.fuzz.target import Target, Try
from tests.tables.build import HEADER

ENDINGS = ("csv", "tsv", "csv.gz", "tsv.gz")


def seeds() -> Iterator[bytes]:
    rows = HEADER + '1,2,click,1600000000000\n"3",4,"li""ke",\r\n\n5,6\n'
    yield b"\x00" + rows.encode()
    yield b"\x01" + rows.replace(",", "\t").encode()
    yield b"\x02" + rows.encode()
    yield b"\x06" + gzip.compress(rows.encode())


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:

        def attempt(data: bytes) -> None:
            kind, content = (data[0] if data else 0), data[1:]
            ending = ENDINGS[kind % len(ENDINGS)]
            if ending.endswith("gz") and kind & 4 == 0:
                content = gzip.compress(content, 1)
            path = Path(name) / f"actions.{ending}"
            path.write_bytes(content)
            try:
                _read(path)
            except (SourceFileError, OSError, EOFError):
                return

        yield attempt


def _read(path: Path) -> None:
    raw = open_text_rows(path, path.name)
    lines: list[int] = []
    for batch in raw.batches:
        assert batch.num_columns == len(raw.names) + 4
        batch.validate(full=True)
        lines += batch.column("source_line").to_pylist()
    assert len(set(lines)) == len(lines)
    assert all(line >= 2 for line in lines)


TARGET = Target("text_rows", seeds, opened)

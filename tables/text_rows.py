"""Reads CSV and TSV, gzipped or not, as batches of text with the line each row came from.

Arrow parses in blocks, so memory does not grow with the file. It drops rows of the wrong width
through a callback; here they become rows with a problem, so that the import counts them.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tables.errors import SourceFileError
from tables.line_numbers import DroppedRow, LineNumbers
from tables.raw_rows import Lines, RawRows, make_batch
from tables.utf8_stream import BAD_BYTE_MARK, Utf8Stream

BLOCK_BYTES = 4 << 20
"""Bytes parsed at once; also the longest row that can be read."""

MAX_HEADER_BYTES = 1 << 20

MAX_SHOWN_CHARACTERS = 200


def open_text_rows(path: Path, label: str) -> RawRows:
    """Open a text file whose first row is its header.

    Raises:
        SourceFileError: empty, or a header that is not text.
    """
    delimiter = "\t" if path.name.removesuffix(".gz").endswith(".tsv") else ","
    with _opened(path) as stream:
        names = _header(stream.readline(MAX_HEADER_BYTES), delimiter, label)
    types: list[pa.DataType] = [pa.string()] * len(names)
    return RawRows(names, types, _batches(path, delimiter, len(names)))


def _opened(path: Path) -> io.BufferedReader:
    if path.name.endswith(".gz"):
        return cast(io.BufferedReader, gzip.open(path, "rb"))
    return path.open("rb")


def _header(line: bytes, delimiter: str, label: str) -> list[str]:
    if not line.strip():
        raise SourceFileError(label, "is empty: the first row must name the columns")
    try:
        text = line.decode("utf-8-sig")
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceFileError(label, "the header is not a row of UTF-8 text") from error
    return [name.strip() for name in names]


def _batches(path: Path, delimiter: str, width: int) -> Iterator[pa.RecordBatch]:
    with _opened(path) as stream:
        stream.readline(MAX_HEADER_BYTES)
        if not stream.peek(1):
            return
        lines = LineNumbers()
        text = Utf8Stream(stream)
        names = [f"c{i}" for i in range(width)]
        parser = pyarrow.csv.open_csv(
            cast(IO[Any], text),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, column_names=names, block_size=BLOCK_BYTES
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=lines.on_wrong_width,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        for parsed in parser:
            kept_lines, dropped = lines.advance(parsed)
            yield _text_batch(parsed, kept_lines, text.has_marks)
            yield from _dropped_batch(dropped, width)
        _, dropped = lines.advance(pa.record_batch([], names=[]))
        yield from _dropped_batch(dropped, width)


def _text_batch(batch: pa.RecordBatch, lines: Lines, has_marks: bool) -> pa.RecordBatch:
    """Leave out blank lines, and give rows that were not UTF-8 a problem."""
    columns = cast("list[pa.StringArray]", batch.columns)
    problems, values = _bad_bytes(columns) if has_marks else (None, None)
    made = make_batch(columns, lines, problems=problems, values=values)
    bytes_in_row = np.zeros(batch.num_rows, np.int64)
    for column in columns:
        bytes_in_row += pc.binary_length(column).to_numpy(zero_copy_only=False)
    return made if np.all(bytes_in_row) else made.filter(pa.array(bytes_in_row > 0))


def _bad_bytes(columns: list[pa.StringArray]) -> tuple[list[str | None], list[str | None]]:
    """The problem of each row, if any, and the value that has it."""
    problems: list[str | None] = [None] * len(columns[0])
    values: list[str | None] = [None] * len(columns[0])
    for column in columns:
        marked = pc.match_substring(column, BAD_BYTE_MARK).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(marked):
            problems[row] = "is not UTF-8 text"
            shown = str(column[int(row)])[:MAX_SHOWN_CHARACTERS]
            values[row] = shown.replace(BAD_BYTE_MARK, "\ufffd")
    return problems, values


def _dropped_batch(dropped: list[DroppedRow], width: int) -> Iterator[pa.RecordBatch]:
    if dropped:
        yield make_batch(
            [pa.nulls(len(dropped), pa.string())] * width,
            np.array([row.line for row in dropped], np.int64),
            problems=[row.problem for row in dropped],
            values=[row.text.replace(BAD_BYTE_MARK, "\ufffd") for row in dropped],
        )

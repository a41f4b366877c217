"""One import from input files to merged tables; canonical input and adapters share every step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from tables.check import CheckedFile, check
from tables.columns import Table
from tables.engine import parquet, write_parquet
from tables.errors import ImportFailedError, SourceFileError
from tables.merge import MergedTable, merge, no_rows
from tables.source_files import find_source_files
from tables.staging import StagedColumn, StagedFile, stage

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is done, 0 to 1."""


@dataclass(slots=True)
class ImportRun:
    """The state of one import.

    Attributes:
        source: Folder of the input.
        work: Folder for what is needed only while it runs.
        now_ms: Time of the import, Unix ms.
        problems: Files that cannot be used, a line each.
    """

    connection: duckdb.DuckDBPyConnection
    source: Path
    work: Path
    now_ms: int
    progress: Progress
    problems: list[str] = field(default_factory=list)

    def read(self, table: Table, stem: str, *, required: bool, keep_origin: bool) -> MergedTable:
        """Read the files of one table; a file at fault is noted and its table left empty."""
        folder = self.work / table.name
        folder.mkdir()
        try:
            files = find_source_files(self.source, stem)
            if not files and required:
                raise SourceFileError(str(self.source), f"has no {stem!r} file, which is required")
            checked = []
            for number, source in enumerate(files):
                staged_path = folder / f"staged-{number}.parquet"
                staged = stage(source, number, table, staged_path)
                checked.append(self._check(table, staged, source.label, number))
        except SourceFileError as error:
            self.problems.append(str(error))
            checked = []
        return self._merge(table, checked, keep_origin)

    def derive(self, table: Table, query: str | None, label: str) -> MergedTable:
        """Check and merge rows that an adapter selects, with `ORIGIN` columns, as `table`."""
        folder = self.work / f"derived-{table.name}"
        folder.mkdir()
        if query is None:
            return no_rows(table, folder)
        path = folder / "staged.parquet"
        whole = "SELECT *, NULL::VARCHAR AS source_problem, NULL::VARCHAR AS source_value"
        write_parquet(self.connection, f"{whole} FROM ({query})", path)
        columns = tuple(
            StagedColumn(f.name, f.name, f.type)
            for f in pq.read_schema(path)
            if not f.name.startswith("source_")
        )
        checked = self._check(table, StagedFile(path, columns), label, 0)
        return self._merge(table, [checked], keep_origin=False)

    def _check(self, table: Table, staged: StagedFile, label: str, number: int) -> CheckedFile:
        path = staged.path.with_name(f"checked-{number}.parquet")
        checked = check(self.connection, table, staged, label, path, self.now_ms)
        staged.path.unlink()
        return checked

    def _merge(self, table: Table, checked: list[CheckedFile], keep_origin: bool) -> MergedTable:
        folder = self.work / f"merged-{table.name}-{len(list(self.work.iterdir()))}"
        folder.mkdir()
        if not checked:
            return no_rows(table, folder)
        merged = merge(self.connection, table, checked, folder, keep_origin)
        for file in checked:
            file.path.unlink()
        return merged

    def stop_at_problems(self) -> None:
        """Give up if any file could not be used.

        Raises:
            ImportFailedError: with all of them.
        """
        if self.problems:
            raise ImportFailedError(self.problems)

    def rows(self, merged: MergedTable) -> str:
        """The good rows of a table as an SQL table."""
        return parquet(merged.rows_path)

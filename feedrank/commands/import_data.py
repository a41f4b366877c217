"""`feedrank import`: raw tables to a checked data folder."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from feedrank.console import ReportProgress, fail, out, progress_bar

if TYPE_CHECKING:
    # DuckDB belongs to the extra `local`: a serving installation has every other command.
    from tables.report import ImportReport


class Layout(StrEnum):
    """The layouts that can be read."""

    canonical = "canonical"
    kuairand = "kuairand"
    ciao = "ciao"


def import_data(
    layout: Annotated[Layout, typer.Argument(help="how the tables in SRC are laid out")],
    source: Annotated[Path, typer.Argument(metavar="SRC", help="folder with the raw tables")],
    data: Annotated[Path, typer.Option("--out", help="data folder to make")],
    authors_are_viewers: Annotated[
        bool | None,
        typer.Option(
            "--authors-are-viewers/--authors-are-not-viewers",
            help="whether author and viewer ids name the same people (canonical only); "
            "by default they do where somebody follows somebody",
        ),
    ] = None,
    max_rejected_share: Annotated[
        float, typer.Option(min=0, max=1, help="give up when more rows of a table are bad")
    ] = 0.01,
    replace: Annotated[bool, typer.Option(help="replace an existing data folder")] = False,
) -> None:
    """Check raw tables and turn them into a data folder.

    Bad rows are counted and written to rejected.parquet; nothing is half-imported.

    Example: feedrank import canonical my-tables --out data
    """
    with progress_bar("import") as progress:
        report = run_import(
            layout, source, data, authors_are_viewers, max_rejected_share, replace, progress
        )
    _print(report)


def run_import(
    layout: Layout,
    source: Path,
    data: Path,
    authors_are_viewers: bool | None,
    max_rejected_share: float,
    replace: bool,
    progress: ReportProgress,
) -> "ImportReport":
    """Import, or end the command with a clear error."""
    from tables.adapters.ciao import import_ciao
    from tables.adapters.kuairand import import_kuairand
    from tables.errors import TablesError
    from tables.importer import import_canonical

    if not source.is_dir():
        raise fail(f"{source} is not a folder")
    if data.exists() and not replace:
        raise fail(f"{data} already exists: add --replace, or name another with --out")
    try:
        if layout is Layout.canonical:
            return import_canonical(
                source,
                data,
                authors_are_viewers=authors_are_viewers,
                max_rejected_share=max_rejected_share,
                replace=replace,
                progress=progress,
            )
        if authors_are_viewers is not None:
            raise fail(f"--authors-are-viewers is for canonical tables; {layout} knows it itself")
        run = import_kuairand if layout is Layout.kuairand else import_ciao
        return run(
            source,
            data,
            max_rejected_share=max_rejected_share,
            replace=replace,
            progress=progress,
        )
    except TablesError as error:
        raise fail(str(error)) from error


def _print(report: "ImportReport") -> None:
    table = Table(title=f"imported into {report.out}")
    for heading in ("table", "read", "kept", "repeats", "rejected", "added"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    for name, count in {**report.files, **report.tables}.items():
        row = (count.read, count.kept, count.duplicates, count.rejected, count.added)
        table.add_row(name, *(f"{number:,}" for number in row))
    out.print(table)
    for example in report.rejected_examples:
        out.print(f"rejected: {example}", markup=False)
    if report.rejected_examples:
        out.print(f"all rejected rows are in {report.out / 'rejected.parquet'}", markup=False)

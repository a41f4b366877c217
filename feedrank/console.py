"""How commands speak: progress on anything longer than a second, errors in one line, exit codes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

ReportProgress = Callable[[str, float], None]
"""Called with what is being done and the share done, in [0, 1]."""


@contextmanager
def progress_bar(title: str) -> Iterator[ReportProgress]:
    """A bar while the body runs; where nobody watches, one line per new step instead."""
    if not err.is_terminal:
        yield _line_per_step(title)
        return
    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("", total=1.0, title=title)
        yield lambda step, share: progress.update(task, description=step, completed=share)
        progress.update(task, description="done", completed=1.0)


def _line_per_step(title: str) -> ReportProgress:
    last = ""

    def report(step: str, share: float) -> None:
        nonlocal last
        if step != last:
            last = step
            err.print(f"{title}: {step} ({share:.0%})")

    return report


def fail(message: str, exit_code: int = 1) -> typer.Exit:
    """Print a message for people and return the exit to raise."""
    err.print(f"[bold red]error:[/] {_escaped(message)}")
    return typer.Exit(exit_code)


def _escaped(message: str) -> str:
    return message.replace("[", r"\[")

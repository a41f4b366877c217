"""`feedrank doctor`: what works here, what does not, and what to do about it."""

from pathlib import Path
from typing import Annotated

import typer

from feedrank.checkup.finding import Finding
from feedrank.checkup.generation import check_generation
from feedrank.checkup.machine import check_machine
from feedrank.checkup.port import check_port
from feedrank.checkup.real_servers import check_real_servers
from feedrank.checkup.versions import check_versions
from feedrank.console import err, out

COLOURS = {"good": "green", "optional": "yellow", "bad": "bold red"}


def doctor(
    generations: Annotated[Path, typer.Option(help="folder of generations")] = Path("generations"),
    home: Annotated[Path, typer.Option(help="folder of the server's own data")] = Path("home"),
    port: Annotated[int, typer.Option(min=1, max=65_535, help="port of the server")] = 50_051,
) -> None:
    """Say what works here, what does not, and what to do about it.

    It looks at versions, JDK, Kafka, Redis, threads, disk, the port and the generation.
    Ends with exit code 1 if something is bad.

    Example: feedrank doctor --generations generations --home home
    """
    findings = [*check_versions(), *check_real_servers(), *check_machine(home), check_port(port)]
    for finding in findings:
        _print(finding)
    with err.status("reading the generation"):
        of_generation = check_generation(generations)
    for finding in of_generation:
        _print(finding)
    bad = [finding for finding in (*findings, *of_generation) if finding.verdict == "bad"]
    if bad:
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    colour = COLOURS[finding.verdict]
    out.print(f"[{colour}]{finding.verdict:<8}[/] {finding.subject}: ", end="")
    out.print(finding.found, markup=False, end="")
    out.print(f"; to do: {finding.advice}" if finding.advice else "", markup=False)

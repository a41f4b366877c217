"""`feedrank doctor`: what works here, or in a running system, what does not, and what to do.

What looks is loaded when it is asked for: other commands, `serve` above all, do not wait for it.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from feedrank.checkup.finding import Finding
from feedrank.client_access import Authority, Certificate, ClientAccess, Key
from feedrank.console import err, fail, out
from feedrank.running_stack import RunningProcess, RunningStack

COLOURS = {"good": "green", "optional": "yellow", "bad": "bold red"}


def doctor(
    addresses: Annotated[
        list[str] | None, typer.Argument(help="with --live: HOST:PORT of running processes")
    ] = None,
    generations: Annotated[Path, typer.Option(help="folder of generations")] = Path("generations"),
    home: Annotated[Path, typer.Option(help="folder of the server's own data")] = Path("home"),
    port: Annotated[int, typer.Option(min=1, max=65_535, help="port of the server")] = 50_051,
    live: Annotated[bool, typer.Option("--live", help="look at a running system instead")] = False,
    metrics: Annotated[
        list[str] | None, typer.Option(help="with --live: http://HOST:PORT of a process's metrics")
    ] = None,
    bus: Annotated[
        str | None, typer.Option(help="with --live: kafka[s]://… to look at, as in FEEDRANK_BUS")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(help="with --live: redis[s]://… to look at, as in FEEDRANK_STATE"),
    ] = None,
    authority: Authority = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say what works, what does not, and what to do about it.

    It looks at versions, JDK, Kafka, Redis, threads, disk, the port and the generation. With --live
    it asks running processes instead: those of `feedrank up`, found by its home, or those named.
    Ends with exit code 1 if something is bad.

    Example: feedrank doctor --live --home home
    """
    if live:
        from feedrank.checkup.live.live import check_live

        running = _running(home, addresses or [], metrics or [], bus, state)
        access = ClientAccess(authority, certificate, key)
        with err.status("asking every process"):
            findings = asyncio.run(check_live(running, access))
    elif addresses or metrics or bus or state:
        raise fail("addresses are for a running system: add --live")
    else:
        findings = _checked(generations, home, port)
    _print(findings)
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(1)


def _running(
    home: Path, addresses: list[str], metrics: list[str], bus: str | None, state: str | None
) -> RunningStack:
    """Who is asked: those named, or else those of `feedrank up`."""
    if addresses or metrics or bus or state:
        return RunningStack(
            [
                *(RunningProcess(address, address, address) for address in addresses),
                *(RunningProcess(url, url, metrics=url) for url in metrics),
            ],
            bus or "",
            state or "",
        )
    try:
        return RunningStack.read(home)
    except FileNotFoundError as error:
        problem = f"nothing of `feedrank up` runs with --home {home}"
        raise fail(f"{problem}; name HOST:PORT …, --metrics URL, --bus or --state") from error
    except ValueError as error:
        raise fail(str(error)) from error


def _checked(generations: Path, home: Path, port: int) -> list[Finding]:
    from feedrank.checkup.generation import check_generation
    from feedrank.checkup.machine import check_machine
    from feedrank.checkup.port import check_port
    from feedrank.checkup.real_servers import check_real_servers
    from feedrank.checkup.versions import check_versions

    findings = [*check_versions(), *check_real_servers(), *check_machine(home), check_port(port)]
    with err.status("reading the generation"):
        return [*findings, *check_generation(generations)]


def _print(findings: Iterable[Finding]) -> None:
    for finding in findings:
        colour = COLOURS[finding.verdict]
        out.print(f"[{colour}]{finding.verdict:<8}[/] {finding.subject}: ", end="")
        out.print(finding.found, markup=False, end="")
        out.print(f"; to do: {finding.advice}" if finding.advice else "", markup=False)

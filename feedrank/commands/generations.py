"""`feedrank generations`: what was built, whether it is whole, and who signed it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from feedrank.console import fail, out
from generation.manifest import InvalidGenerationError, Manifest, verify
from generation.manifest_signature import sign_manifest, trusted_manifest
from generation.publish import current, make_current
from generation.trusted_keys import SigningKey, TrustedKeys

app = typer.Typer(help="List, verify, sign and put generations into service.")

Generations = Annotated[Path, typer.Option("--generations", help="folder of generations")]


@app.command("list")
def list_generations(generations: Generations = Path("generations")) -> None:
    """List the generations in a folder, newest first; the one in service is marked.

    Example: feedrank generations list --generations generations
    """
    if not generations.is_dir():
        raise fail(f"{generations} is not a folder; `feedrank build` makes one")
    in_service = _name_in_service(generations)
    table = Table(title=f"generations in {generations}", title_justify="left", box=None)
    for heading in ("name", "in service", "built", "data time", "shards", "size"):
        table.add_column(heading, no_wrap=True)
    for folder, manifest in sorted(_readable(generations), key=lambda pair: -pair[1].built_ms):
        size = sum(entry.bytes for entry in manifest.files.values())
        table.add_row(
            folder.name,
            "yes" if folder.name == in_service else "",
            _time(manifest.built_ms),
            _time(manifest.data_time_ms),
            str(manifest.shard_count),
            f"{size / 2**20:,.1f} MiB",
        )
    out.print(table)


@app.command("verify")
def verify_generation(
    name: Annotated[str | None, typer.Argument(help="by default the one in service")] = None,
    generations: Generations = Path("generations"),
    trusted: Annotated[
        Path | None, typer.Option(help="file of trusted keys, one of which must have signed it")
    ] = None,
) -> None:
    """Check size and SHA-256 of every file of a generation against its manifest.

    Example: feedrank generations verify --generations generations
    """
    try:
        folder = current(generations) if name is None else generations / name
        manifest = trusted_manifest(folder, TrustedKeys.read(trusted) if trusted else None)
        if manifest.name != folder.name:
            raise InvalidGenerationError(f"{folder} holds the manifest of {manifest.name}")
        verify(folder, manifest)
    except (InvalidGenerationError, ValueError, OSError) as error:
        raise fail(str(error)) from error
    signed = ", signed by a trusted key" if trusted else ""
    out.print(f"{folder.name}: {len(manifest.files)} files are whole{signed}")


@app.command("use")
def use_generation(
    name: Annotated[str, typer.Argument(help="as `feedrank generations list` tells it")],
    generations: Generations = Path("generations"),
) -> None:
    """Put a generation into service, once it was found whole: what starts from now on serves it.

    Running processes go on with theirs until they are started again.

    Example: feedrank generations use 9c831de5871c --generations generations
    """
    try:
        verify(generations / name, Manifest.read(generations / name))
        make_current(generations, name)
    except (InvalidGenerationError, ValueError, OSError) as error:
        raise fail(str(error)) from error
    out.print(f"{name} is in service; start the services again: `kill -HUP` of `feedrank up`")


@app.command("sign")
def sign_generation(
    private: Annotated[Path, typer.Option(help="PEM file of the private key")],
    name: Annotated[str | None, typer.Argument(help="by default the one in service")] = None,
    generations: Generations = Path("generations"),
) -> None:
    """Sign a generation, once it was found whole; a generation may have several signatures.

    Example: feedrank generations sign --private build.pem --generations generations
    """
    try:
        folder = current(generations) if name is None else generations / name
        key = SigningKey.read(private)
        verify(folder, Manifest.read(folder))
        sign_manifest(folder, key)
    except (InvalidGenerationError, ValueError, OSError) as error:
        raise fail(str(error)) from error
    out.print(f"{folder.name}: signed by {key.key_id}")


def _readable(generations: Path) -> list[tuple[Path, Manifest]]:
    found = []
    for folder in generations.iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            try:
                found.append((folder, Manifest.read(folder)))
            except InvalidGenerationError as error:
                out.print(f"[yellow]not a generation:[/] {error}")
    return found


def _name_in_service(generations: Path) -> str:
    try:
        return current(generations).name
    except InvalidGenerationError:
        return ""


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")

"""`feedrank keys`: make, change and use the keys that docs/security.md tells of."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from feed_assembly.key_ring import KeyRing, new_key, time_text
from feedrank.console import fail, out
from generation.trusted_keys import SigningKey, TrustedKeys
from serving.access.roles import Role

DELAY_S = 300
"""Longest that a replica may take to see a changed file; mounted secrets take a minute or two."""

LEEWAY_S = 3_600
"""Page tokens are good for half an hour, and clocks may differ by minutes."""

app = typer.Typer(help="Make and change keys of page tokens, of callers and of generations.")

Private = Annotated[Path, typer.Option(help="PEM file of the private key")]


@app.command()
def new(
    private: Private,
    trusted: Annotated[Path, typer.Option(help="file of trusted keys, where it is added")],
) -> None:
    """Make an Ed25519 key that signs callers' tokens or generations.

    Servers get the file of trusted keys only. It may hold several: add the next key, let servers
    see it, sign with it, and then take the line of the old one away.

    Example: feedrank keys new --private build.pem --trusted trusted.keys
    """
    try:
        key = SigningKey.make(private)
        with trusted.open("a", encoding="ascii") as file:
            file.write(f"{key.trusted_line}\n")
        TrustedKeys.read(trusted)
    except (ValueError, OSError) as error:
        raise fail(_problem(error)) from error
    out.print(f"made key {key.key_id}; keep {private} where tokens are made or builds are signed")


@app.command()
def token(
    private: Private,
    name: Annotated[str, typer.Option(help="who calls, for logs and fair shares")],
    role: Annotated[list[Role], typer.Option(help="may be given more than once")],
    days: Annotated[int, typer.Option(min=1, max=3_650, help="until it expires")] = 30,
) -> None:
    """Print a token that tells servers who calls.

    Example: feedrank keys token --private callers.pem --name gateway --role viewer_facing
    """
    from serving.access.caller_tokens import issue_token

    expires_s = int(time.time() + timedelta(days=days).total_seconds())
    try:
        typer.echo(issue_token(SigningKey.read(private), name, role, expires_s))
    except (ValueError, OSError) as error:
        raise fail(_problem(error)) from error


@app.command()
def rotate(
    ring: Annotated[Path, typer.Argument(help="file of page-token keys; made if it is not there")],
    delay_seconds: Annotated[
        int, typer.Option(min=0, max=86_400, help="until the new key signs")
    ] = DELAY_S,
) -> None:
    """Add a key for page tokens, and drop those that no token in use was signed with.

    All replicas must see the file within the delay; none needs a restart.

    Example: feedrank keys rotate home/page_token.keys
    """
    now_s = int(time.time())
    try:
        if ring.exists():
            KeyRing.read(ring).rotated(now_s, delay_seconds, LEEWAY_S).write(ring, replace=True)
        else:
            KeyRing([new_key(now_s)]).write(ring, replace=False)
        _show(ring, now_s)
    except (ValueError, OSError) as error:
        raise fail(_problem(error)) from error


@app.command("list")
def list_keys(
    ring: Annotated[Path, typer.Argument(help="file of page-token keys")],
) -> None:
    """Show which keys a file holds and which one signs, never the keys.

    Example: feedrank keys list home/page_token.keys
    """
    try:
        _show(ring, int(time.time()))
    except (ValueError, OSError) as error:
        raise fail(_problem(error)) from error


def _show(path: Path, now_s: int) -> None:
    ring = KeyRing.read(path)
    signing = ring.signing(now_s)
    for key in ring.keys:
        state = "signs" if key is signing else "will sign"
        if key.signs_from_s < signing.signs_from_s:
            state = "is still accepted"
        out.print(f"{key.key_id}  {time_text(key.signs_from_s)}  {state}")


def _problem(error: ValueError | OSError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {(error.strerror or 'cannot be used').lower()}"
    return str(error)

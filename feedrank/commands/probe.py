"""`feedrank probe`: how fresh a running system is, in milliseconds."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from feedrank.client import DEFAULT_ADDRESS, CallError, open_feed_client
from feedrank.client_access import Authority, Certificate, ClientAccess, Key, Token
from feedrank.console import fail, out
from feedrank.probing.probe import PATIENCE_S, Freshness, ProbeError
from feedrank.probing.probe import probe as measure

MEANINGS = {
    "post_ms": "a new item is served to a follower",
    "like_ms": "the next feed is ranked anew after a like",
    "block_ms": "a blocked author is gone from pages shown before",
    "delete_ms": "a deleted item is gone from pages shown before and from new feeds",
}


def probe(
    address: Annotated[str, typer.Option(help="host:port of the server")] = DEFAULT_ADDRESS,
    patience: Annotated[float, typer.Option(min=0.1, help="longest wait in s")] = PATIENCE_S,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead")] = False,
    authority: Authority = None,
    certificate: Certificate = None,
    key: Key = None,
    token_file: Token = None,
) -> None:
    """Post, like, block and delete with made-up ids, and measure when each shows.

    Writes to the running system: two viewers, an author and two items with ids from 2^62 on, which
    products must not use. The items are visible to followers only, and deleted in the end.

    Example: feedrank probe --address 127.0.0.1:50051
    """
    access = ClientAccess(authority, certificate, key, token_file)
    try:
        freshness = asyncio.run(_probe(address, access, patience))
    except (CallError, ProbeError) as error:
        raise fail(str(error)) from error
    if as_json:
        typer.echo(json.dumps(asdict(freshness)))
        return
    for name, value in asdict(freshness).items():
        out.print(f"{value:8.1f} ms until {MEANINGS[name]}", markup=False, highlight=False)


async def _probe(address: str, access: ClientAccess, patience_s: float) -> Freshness:
    async with open_feed_client(address, access) as client:
        return await measure(client, patience_s)

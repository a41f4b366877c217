"""`feedrank feed`: one page of a viewer's feed from a running server."""

import asyncio
import json
from typing import Annotated

import typer

from feedrank.client import DEFAULT_ADDRESS, CallError, open_feed_client
from feedrank.client_access import Authority, Certificate, ClientAccess, Key, Token
from feedrank.console import fail, out
from feedrank.feed_table import feed_table, receipt_lines
from feedrank.plain_message import plain
from protos import feed_pb2


def feed(
    viewer: Annotated[int, typer.Option(min=0, help="viewer id")],
    address: Annotated[str, typer.Option(help="host:port of the server")] = DEFAULT_ADDRESS,
    size: Annotated[int, typer.Option(min=1, max=50, help="items wanted")] = 20,
    token: Annotated[str, typer.Option(help="page token of the page before")] = "",
    surface: Annotated[str, typer.Option(help="where in the product")] = "home",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead")] = False,
    authority: Authority = None,
    certificate: Certificate = None,
    key: Key = None,
    token_file: Token = None,
) -> None:
    """Show one page of a viewer's feed, and why each item is in it.

    Example: feedrank feed --viewer 7 --size 10
    """
    request = feed_pb2.GetFeedRequest(
        viewer_id=viewer, page_size=size, page_token=token, surface=surface
    )
    try:
        access = ClientAccess(authority, certificate, key, token_file)
        page = asyncio.run(_get_feed(address, access, request))
    except CallError as error:
        raise fail(str(error)) from error
    if as_json:
        typer.echo(json.dumps(plain(page), ensure_ascii=False, indent=1))
        return
    out.print(feed_table(page, f"feed of viewer {viewer}", out.width))
    for line in receipt_lines(page):
        out.print(line, markup=False)


async def _get_feed(
    address: str, access: ClientAccess, request: feed_pb2.GetFeedRequest
) -> feed_pb2.GetFeedResponse:
    async with open_feed_client(address, access) as client:
        return await client.get_feed(request)

"""`feedrank act`: log one action of a viewer at a running server."""

import asyncio
import uuid
from typing import Annotated

import typer

from feedrank.client import DEFAULT_ADDRESS, CallError, open_feed_client
from feedrank.client_access import Authority, Certificate, ClientAccess, Key, Token
from feedrank.console import fail, out
from generation.viewer_columns import MAX_VALUE_MS
from protos import events_pb2, feed_pb2

ACTIONS = {name.lower(): number for name, number in events_pb2.ActionKind.items() if number}


def act(
    viewer: Annotated[int, typer.Option(min=0, help="viewer id")],
    action: Annotated[str, typer.Option(help=", ".join(ACTIONS))],
    item: Annotated[int | None, typer.Option(min=0, help="item id")] = None,
    author: Annotated[int | None, typer.Option(min=0, help="author id")] = None,
    group: Annotated[int | None, typer.Option(min=0, help="group id")] = None,
    value: Annotated[
        float,
        typer.Option(
            min=0, max=MAX_VALUE_MS, help="dwell ms of an impression, watched ms of a long_view"
        ),
    ] = 0.0,
    address: Annotated[str, typer.Option(help="host:port of the server")] = DEFAULT_ADDRESS,
    authority: Authority = None,
    certificate: Certificate = None,
    key: Key = None,
    token_file: Token = None,
) -> None:
    """Log what a viewer did to an item, an author or a group.

    Example: feedrank act --viewer 7 --item 42 --action like
    """
    if action not in ACTIONS:
        raise typer.BadParameter(
            f"{action} is no action, need one of {', '.join(ACTIONS)}", param_hint="--action"
        )
    targets = {"item_id": item, "author_id": author, "group_id": group}
    given = {name: target for name, target in targets.items() if target is not None}
    if len(given) != 1:
        raise typer.BadParameter(
            f"{len(given)} given, need exactly one", param_hint="--item, --author, --group"
        )
    logged = feed_pb2.Action(
        action_id=uuid.uuid4().hex,
        viewer_id=viewer,
        kind=events_pb2.ActionKind.ValueType(ACTIONS[action]),
        value=value,
    )
    [(field, target)] = given.items()
    setattr(logged, field, target)
    _log(address, ClientAccess(authority, certificate, key, token_file), logged)
    out.print(f"kept: viewer {viewer}, {action}, {field.removesuffix('_id')} {target}")


def _log(address: str, access: ClientAccess, action: feed_pb2.Action) -> None:
    try:
        response = asyncio.run(_log_actions(address, access, action))
    except CallError as error:
        raise fail(str(error)) from error
    for refused in response.errors:
        raise fail(f"{refused.status}: {refused.message}")


async def _log_actions(
    address: str, access: ClientAccess, action: feed_pb2.Action
) -> feed_pb2.LogActionsResponse:
    async with open_feed_client(address, access) as client:
        return await client.log_actions([action])

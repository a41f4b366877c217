"""Requests as bytes, to every method of every service, through decoder, checks and the work itself.

The first byte of an input names the method. An answer, or an error that blames the caller: nothing
else may come of any bytes. Batches answer for every entry, and what is accepted is on the bus.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from protos import (
    ann_shard_pb2,
    candidates_pb2,
    events_pb2,
    feed_pb2,
    ranker_pb2,
    social_graph_pb2,
)
from serving.bus.topics import ACTIONS, items
from serving.contracts import rank_codec, shard_codec
from serving.contracts.shard import PartKind, SearchRequest
from serving.errors import InvalidRequestError, NotFoundError, PreconditionError
from serving.packed_arrays import pack_ids
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible
from tests.fuzz.call_context import CallContext
from tests.fuzz.open_services import OpenServices, open_services
from tests.fuzz.target import Target, Try
from tests.generation.tiny_generation import NOON_MS, SHARDS
from tests.ranker.requests import a_request, candidates

PROTOS: dict[str, ModuleType] = {
    "feed": feed_pb2,
    "candidates": candidates_pb2,
    "ann_shard": ann_shard_pb2,
    "social_graph": social_graph_pb2,
    "ranker": ranker_pb2,
}
METHODS: list[tuple[str, str, type[Any]]] = [
    (name, method.name, getattr(module, method.input_type.name))
    for name, module in PROTOS.items()
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
CALLERS_FAULT = (InvalidRequestError, PreconditionError, NotFoundError)
PATIENCE_S = 10.0
GENERATION = b"tiny-name-12"
"""Stands in the corpus for the generation's name, which changes with its format."""


def seeds() -> Iterator[bytes]:
    requests: dict[str, Any] = {
        "GetFeed": feed_pb2.GetFeedRequest(viewer_id=1, page_size=20, request_id="r"),
        "LogActions": feed_pb2.LogActionsRequest(
            actions=[
                feed_pb2.Action(
                    action_id="a", viewer_id=1, kind=events_pb2.LIKE, item_id=101, value=1.5
                ),
                feed_pb2.Action(action_id="b", viewer_id=1, kind=events_pb2.BLOCK, author_id=12),
            ]
        ),
        "PublishItems": feed_pb2.PublishItemsRequest(
            items=[
                events_pb2.ItemEvent(
                    event_id="e", change=1, item_id=900, author_id=10, categories=["cats"]
                ),
                events_pb2.ItemEvent(event_id="f", change=2, item_id=900),
            ]
        ),
        "Generate": candidates_pb2.GenerateRequest(
            request_id="r", viewer_id=1, now_ms=NOON_MS, excluded_item_ids=pack_ids(np.arange(3))
        ),
        "Search": shard_codec.request_to_proto(
            SearchRequest(
                GENERATION.decode(),
                everything_eligible(),
                [a_vector_part(0), *(an_id_part(kind, [1, 10, 101]) for kind in PartKind)],
            )
        ),
        "Lookup": shard_codec.lookup_to_proto(GENERATION.decode(), np.arange(100, 104), NOON_MS),
        "Neighbourhood": social_graph_pb2.NeighbourhoodRequest(
            generation=GENERATION.decode(), viewer_id=1, now_ms=NOON_MS, max_followed=9
        ),
        "Relations": social_graph_pb2.RelationsRequest(
            generation=GENERATION.decode(), viewer_id=1, author_ids=pack_ids(np.arange(10, 14))
        ),
        "Rank": rank_codec.request_to_proto(
            a_request(candidates([101, 102]), generation=GENERATION.decode())
        ),
    }
    for number, (_, method, _) in enumerate(METHODS):
        yield bytes([number]) + requests[method].SerializeToString(deterministic=True)


@contextmanager
def opened() -> Iterator[Try]:
    with open_services() as services:

        def attempt(data: bytes) -> None:
            if data:
                services.loop.run_until_complete(
                    asyncio.wait_for(_call(services, data[0], data[1:]), PATIENCE_S)
                )

        yield attempt


async def _call(services: OpenServices, number: int, data: bytes) -> None:
    name, method, request_type = METHODS[number % len(METHODS)]
    try:
        request = request_type.FromString(data.replace(GENERATION, services.generation.encode()))
    except DecodeError:
        return
    before = await _kept(services)
    try:
        answer = await getattr(services.servicers[name], method)(request, CallContext())
    except CALLERS_FAULT:
        assert await _kept(services) == before, "refused, and kept all the same"
        return
    if isinstance(answer, bytes):  # a page is written for the wire at once
        answer = feed_pb2.GetFeedResponse.FromString(answer)
    assert type(answer).FromString(answer.SerializeToString()) == answer
    if method in ("LogActions", "PublishItems"):
        sent = len(request.actions if method == "LogActions" else request.items)
        assert answer.accepted_count + len(answer.errors) == sent
        assert await _kept(services) == before + answer.accepted_count


async def _kept(services: OpenServices) -> int:
    """Messages in topics `actions` and `items`."""
    count = 0
    for topic in (ACTIONS, items(SHARDS)):
        count += sum((await services.bus.end_offsets(topic, range(topic.partitions))).values())
    return count


TARGET = Target("calls", seeds, opened, is_quick=False)

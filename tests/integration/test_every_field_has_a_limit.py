"""Every field of every request is refused, by its name, when nobody can mean what it holds.

The fields come from the protos: a new one fails here until it is checked or said to need no check.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from ann_shards.request_checks import check_lookup, check_search
from ann_shards.servicer import MAX_SHARDS
from candidate_gen.request_checks import check_request as check_generate
from feed_assembly import action_codec, feed_codec, item_codec
from feed_assembly.action import checked_action
from feed_assembly.feed_request import checked
from feed_assembly.item_change import checked_item
from protos import (
    ann_shard_pb2,
    candidates_pb2,
    feed_pb2,
    line_pb2,
    ranker_pb2,
    social_graph_pb2,
)
from ranker.request_checks import check_request as check_rank
from serving.access.roles import METHOD_ROLES
from serving.contracts import candidates_codec, rank_codec, shard_codec
from serving.contracts.shard import PartKind, SearchRequest
from serving.effort.rung import Rung
from serving.errors import InvalidRequestError
from serving.packed_arrays import unpack_ids
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible
from tests.ranker.requests import a_request, candidates
from tests.serving.fixed_clock import NOON_MS

DIM = a_vector_part(0).vectors.shape[1]
VECTORS = shard_codec.request_to_proto(
    SearchRequest("tiny", everything_eligible(), [a_vector_part(0)])
)
IDS = shard_codec.request_to_proto(
    SearchRequest("tiny", everything_eligible(), [an_id_part(PartKind.AUTHORS, [7])])
)
GET_FEED = feed_pb2.GetFeedRequest(viewer_id=7, page_size=20, context=feed_pb2.Context())
ACTIONS = feed_pb2.LogActionsRequest(
    actions=[feed_pb2.Action(action_id="a", viewer_id=7, kind=3, item_id=5)]
)
FOLLOWS = feed_pb2.LogActionsRequest(
    actions=[feed_pb2.Action(action_id="a", viewer_id=7, kind=20, author_id=5)]
)
JOINS = feed_pb2.LogActionsRequest(
    actions=[feed_pb2.Action(action_id="a", viewer_id=7, kind=40, group_id=5)]
)
ITEMS = feed_pb2.PublishItemsRequest()
ITEMS.items.add(event_id="e", change=1, item_id=5, author_id=6, group_id=7, categories=["cats"])
GENERATE = candidates_pb2.GenerateRequest(request_id="r", viewer_id=7, now_ms=NOON_MS)
RANK = rank_codec.request_to_proto(a_request(candidates([100, 101])))
LOOKUP = ann_shard_pb2.LookupRequest(
    generation="tiny", now_ms=NOON_MS, item_ids=np.array([100], np.int64).tobytes()
)


def actions(message: feed_pb2.LogActionsRequest) -> None:
    for number, sent in enumerate(action_codec.sent_actions(message)):
        checked_action(sent, f"actions[{number}]", NOON_MS)


def items(message: feed_pb2.PublishItemsRequest) -> None:
    for number, item in enumerate(item_codec.item_changes(message)):
        checked_item(item, f"items[{number}]", NOON_MS)


CHECKS: list[tuple[Message, Callable[[Any], object]]] = [
    (GET_FEED, lambda m: checked(feed_codec.request_from_proto(m, None, Rung.FULL))),
    (ACTIONS, actions),
    (FOLLOWS, actions),
    (JOINS, actions),
    (ITEMS, items),
    (GENERATE, lambda m: check_generate(candidates_codec.request_from_proto(m))),
    (VECTORS, lambda m: check_search(shard_codec.request_from_proto(m, DIM), DIM)),
    (IDS, lambda m: check_search(shard_codec.request_from_proto(m, DIM), DIM)),
    (LOOKUP, lambda m: check_lookup(unpack_ids(m.item_ids, "item_ids"), m.now_ms)),
    (RANK, lambda m: check_rank(rank_codec.request_from_proto(m))),
]

ELSEWHERE = {
    "generation": "compared with the one held: any other is FAILED_PRECONDITION",
    "shards": f"at most {MAX_SHARDS}, each held here: see the servicer",
    "receipt": "as a whole, in bytes",
    "without_main_ranker": "both values mean something",
    "is_sensitive": "both values mean something",
    "allow_sensitive": "both values mean something",
    "schema_version": "of the bus: a sender's is not looked at",
    "actions": "in number, before the first is looked at: see `check_batch_size`",
    "items": "in number, before the first is looked at: see `check_batch_size`",
}
"""Fields, with all below them, that are limited in another way."""

ONE_KIND_ONLY = {
    "vectors": VECTORS,
    "ids": IDS,
    "weights": IDS,
    "item_id": ACTIONS,
    "author_id": FOLLOWS,
    "group_id": JOINS,
}
"""Fields of requests that come in kinds, and the kind that reads them."""

TEXTS = ["x" * 100_000]
HOSTILE: dict[int, list[Any]] = {
    FieldDescriptor.CPPTYPE_STRING: TEXTS,
    FieldDescriptor.CPPTYPE_INT32: [-(2**31)],
    FieldDescriptor.CPPTYPE_INT64: [-1, -(2**63)],
    FieldDescriptor.CPPTYPE_DOUBLE: [math.nan, math.inf, -1.0],
    FieldDescriptor.CPPTYPE_FLOAT: [math.nan, math.inf, -1.0],
    FieldDescriptor.CPPTYPE_ENUM: [99],
}
BYTES = [b"odd", bytes(8 * 400_000)]


def fields_of(message: Message, path: str = "") -> Iterator[tuple[str, FieldDescriptor]]:
    """Path and description of every field that is checked one by one."""
    for field in message.DESCRIPTOR.fields:
        name = f"{path}{field.name}"
        below = field.message_type is not None and field.name not in ("viewer", "candidates")
        if field.name in ELSEWHERE and not (path == "" and field.name in ("actions", "items")):
            continue
        if below:
            [*children] = (
                getattr(message, field.name)
                if field.is_repeated
                else [getattr(message, field.name)]
            )
            yield from fields_of(children[0], f"{name}.")
        else:
            yield name, field


def cases() -> Iterator[Any]:
    for message, check in CHECKS:
        for path, field in fields_of(message):
            if ONE_KIND_ONLY.get(field.name, message).DESCRIPTOR is message.DESCRIPTOR and (
                ONE_KIND_ONLY.get(field.name, message) is not message
            ):
                continue
            for number, value in enumerate(hostile(field)):
                name = f"{message.DESCRIPTOR.name}.{path}-{number}"
                yield pytest.param(message, check, path, value, id=name)


def hostile(field: FieldDescriptor) -> list[Any]:
    """Values that cannot be meant; for a list, also one that is too long."""
    if field.message_type is not None:
        return [None]
    is_bytes = field.type == FieldDescriptor.TYPE_BYTES
    values = BYTES if is_bytes else HOSTILE[field.cpp_type]
    return [[value] for value in values] + [values[:1] * 10_000] if field.is_repeated else values


def changed(message: Message, path: str, value: Any) -> Message:
    """A copy with one field set; `None` empties a message."""
    copy = type(message)()
    copy.CopyFrom(message)
    *parents, name = path.split(".")
    place: Any = copy
    for parent in parents:
        place = getattr(place, parent)
        place = place[0] if hasattr(place, "__getitem__") else place
    if value is None:
        place.ClearField(name)
    elif isinstance(value, list):
        getattr(place, name)[:] = value
    else:
        setattr(place, name, value)
    return copy


@pytest.mark.parametrize(("message", "check"), CHECKS, ids=lambda value: type(value).__name__)
def test_what_is_meant_is_let_through(message, check):
    check(message)


@pytest.mark.parametrize(("message", "check", "path", "value"), [*cases()])
def test_what_cannot_be_meant_is_refused_by_its_name(message, check, path, value):
    with pytest.raises(InvalidRequestError) as refused:
        check(changed(message, path, value))
    assert path.rpartition(".")[2] in refused.value.field


def test_every_request_of_every_service_is_looked_at():
    looked_at = {message.DESCRIPTOR.name for message, _ in CHECKS}
    graph = {"NeighbourhoodRequest", "RelationsRequest"}  # tests/social_graph has these
    lines = {"LineCalls"}  # tests/serving/lines has these; what a line carries is looked at as ever
    files = (feed_pb2, candidates_pb2, ann_shard_pb2, social_graph_pb2, ranker_pb2, line_pb2)
    services = [s for file in files for s in file.DESCRIPTOR.services_by_name.values()]
    methods = [method for service in services for method in service.methods]
    assert len(methods) == len(METHOD_ROLES)
    assert {method.input_type.name for method in methods} == looked_at | graph | lines

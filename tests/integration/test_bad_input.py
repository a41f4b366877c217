"""Bad input over real gRPC: INVALID_ARGUMENT, naming field, value and limit."""

import base64

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from generation.item_columns import EMBEDDING_DIM
from generation.publish import current
from protos import ann_shard_pb2, ann_shard_pb2_grpc, events_pb2, feed_pb2
from tests.integration.caller import TIMEOUT_S, open_caller
from tests.integration.embedded_process import EmbeddedProcess

A_DAY_MS = 86_400_000
HALF_AN_HOUR_MS = 30 * 60_000


def refused(call) -> tuple[str, str]:
    """Field and description of the one violation that a call is refused for."""
    with pytest.raises(grpc.RpcError) as raised:
        call()
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    [detail] = rpc_status.from_call(raised.value).details
    bad_request = error_details_pb2.BadRequest()
    assert detail.Unpack(bad_request)
    [violation] = bad_request.field_violations
    assert raised.value.details() == f"{violation.field}: {violation.description}"
    return violation.field, violation.description


def get_feed(caller, **fields):
    request = feed_pb2.GetFeedRequest(**fields)
    return lambda: caller.stub.GetFeed(request, timeout=TIMEOUT_S)


def test_the_viewer_must_be_named(embedded):
    field, problem = refused(get_feed(embedded))
    assert field == "viewer_id"
    assert "required" in problem


@pytest.mark.parametrize("viewer", [-1, -(2**63)])
def test_negative_ids_are_refused(embedded, viewer):
    field, problem = refused(get_feed(embedded, viewer_id=viewer))
    assert field == "viewer_id"
    assert str(viewer) in problem
    assert "[0, " in problem


@pytest.mark.parametrize("viewer", [0, 2**63 - 1])
def test_the_smallest_and_the_largest_id_are_ids(embedded, viewer):
    assert len(embedded.feed(viewer, 20).items) == 20


@pytest.mark.parametrize("page_size", [-1, 51, 2**31 - 1])
def test_page_sizes_have_limits(embedded, page_size):
    field, problem = refused(get_feed(embedded, viewer_id=1, page_size=page_size))
    assert field == "page_size"
    assert f"{page_size} is outside [1, 50]" in problem


@pytest.mark.parametrize("field", ["surface", "request_id"])
def test_names_have_limits(embedded, field):
    assert refused(get_feed(embedded, viewer_id=1, **{field: "x" * 65})) == (
        field,
        "65 bytes, limit 64",
    )


def test_a_token_of_another_viewer_is_refused(embedded):
    token = embedded.feed(1, 5).next_page_token
    field, _ = refused(get_feed(embedded, viewer_id=9, page_token=token))
    assert field == "page_token"


def test_a_token_is_refused_whatever_character_was_changed(embedded):
    token = embedded.feed(17, 5).next_page_token
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        tampered = token[:place] + other + token[place + 1 :]
        field, problem = refused(get_feed(embedded, viewer_id=17, page_token=tampered))
        assert field == "page_token"
        assert problem


@pytest.mark.parametrize("token", ["x", "not a token!", base64.b64encode(bytes(60)).decode()])
def test_what_never_was_a_token_is_refused(embedded, token):
    field, _ = refused(get_feed(embedded, viewer_id=17, page_token=token))
    assert field == "page_token"


def test_a_token_expires(world, tmp_path):
    """Half an hour passes between two starts of a server."""

    def after(passed_ms: int) -> EmbeddedProcess:
        offset_ms = str(passed_ms - A_DAY_MS)
        return EmbeddedProcess(world.generations, tmp_path / "home", clock_offset_ms=offset_ms)

    with after(0) as server, open_caller(server.address) as caller:
        token = caller.feed(5, 10).next_page_token
        assert caller.feed(5, 10, page_token=token).items
    with after(HALF_AN_HOUR_MS + 1) as server, open_caller(server.address) as caller:
        field, problem = refused(get_feed(caller, viewer_id=5, page_token=token))
    assert field == "page_token"
    assert problem


def test_a_batch_of_actions_has_limits(embedded):
    like = feed_pb2.Action(action_id="a", viewer_id=1, kind=events_pb2.LIKE, item_id=1)
    for count in (0, 1_001):
        request = feed_pb2.LogActionsRequest(actions=[like] * count)
        found = refused(lambda r=request: embedded.stub.LogActions(r, timeout=TIMEOUT_S))
        assert found == ("actions", f"{count} given, need 1 to 1000")


def test_a_batch_of_items_has_limits(embedded):
    item = events_pb2.ItemEvent(event_id="e", change=events_pb2.ItemEvent.DELETE, item_id=1)
    for count in (0, 501):
        request = feed_pb2.PublishItemsRequest(items=[item] * count)
        found = refused(lambda r=request: embedded.stub.PublishItems(r, timeout=TIMEOUT_S))
        assert found == ("items", f"{count} given, need 1 to 500")


def test_each_bad_action_is_refused_on_its_own(embedded):
    good = {"action_id": "good", "viewer_id": 33, "kind": events_pb2.IMPRESSION, "item_id": 100_001}
    bad = [
        ({"viewer_id": -5}, "actions[1].viewer_id: -5 is outside [0, "),
        ({"value": float("nan")}, "actions[2].value: nan"),
        ({"action_id": ""}, "actions[3].action_id: empty, need 1 to 64 bytes"),
        ({"kind": events_pb2.FOLLOW}, "actions[4].author_id: follow needs author_id"),
        ({"item_id": -1}, "actions[5].item_id: -1 is outside [0, "),
    ]
    actions = [feed_pb2.Action(**{**good, **change}) for change, _ in [({}, ""), *bad]]
    request = feed_pb2.LogActionsRequest(actions=actions)
    answer = embedded.stub.LogActions(request, timeout=TIMEOUT_S)
    assert answer.accepted_count == 1
    assert [error.index for error in answer.errors] == [1, 2, 3, 4, 5]
    assert {error.status for error in answer.errors} == {"INVALID_ARGUMENT"}
    for error, (_, message) in zip(answer.errors, bad, strict=True):
        assert error.message.startswith(message)


@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_shard_refuses_vectors_that_are_not_finite(distributed, world, number):
    vector = np.zeros(EMBEDDING_DIM, "<f4")
    vector[3] = number
    request = ann_shard_pb2.SearchRequest(
        generation=current(world.generations).name,
        eligibility=ann_shard_pb2.Eligibility(now_ms=1),
        parts=[
            ann_shard_pb2.SearchPart(
                kind=ann_shard_pb2.SearchPart.VECTORS, limit=10, vectors=vector.tobytes()
            )
        ],
    )
    with grpc.insecure_channel(distributed.named("ann_shards-0").address) as channel:
        stub = ann_shard_pb2_grpc.AnnShardServiceStub(channel)
        field, problem = refused(lambda: stub.Search(request, timeout=TIMEOUT_S))
    assert field == "parts[0].vectors"
    assert "not finite" in problem

import pytest

from feed_assembly.action import checked_action
from feed_assembly.action_codec import actions_response, pack_action, sent_actions
from feed_assembly.action_kinds import ACTION_KINDS
from feed_assembly.batch_result import BatchResult, EntryError
from feed_assembly.item_change import ItemChange
from feed_assembly.item_codec import item_change, item_changes, items_response, pack_item
from protos import events_pb2, feed_pb2
from tests.feed_assembly.actions.builders import NOON_MS, an_action, an_item


def received(**fields):
    [action] = sent_actions(feed_pb2.LogActionsRequest(actions=[feed_pb2.Action(**fields)]))
    return action


def test_every_kind_of_the_protocol_is_known():
    named = {name.lower() for name, _ in events_pb2.ActionKind.items()}
    assert named - {"action_kind_unspecified"} == set(ACTION_KINDS)


def test_reads_every_field_of_an_action():
    assert received(
        action_id="a1",
        viewer_id=0,
        kind=events_pb2.LONG_VIEW,
        item_id=100,
        occurred_ms=NOON_MS,
        value=2.5,
        surface="home",
        feed_id="f1",
        position=3,
        device="phone",
    ) == an_action(
        "long_view",
        100,
        viewer_id=0,
        occurred_ms=NOON_MS,
        value=2.5,
        surface="home",
        feed_id="f1",
        position=3,
        device="phone",
    )


def test_tells_absent_from_zero():
    empty, zero = received(), received(viewer_id=0, author_id=0)
    assert (empty.viewer_id, empty.target) == (None, None)
    assert (zero.viewer_id, zero.target, zero.target_id) == (0, "author", 0)


def test_a_kind_from_the_future_stands_for_itself():
    assert received(kind=99).kind == "99"


@pytest.mark.parametrize("kind", ["like", "block", "join"])
def test_writes_every_field_of_an_action_event(kind):
    action = checked_action(
        an_action(kind, 7, feed_id="f1", position=3, device="phone"), "actions[0]", NOON_MS
    )
    event = events_pb2.ActionEvent.FromString(pack_action(action))
    target = event.WhichOneof("target")
    assert target == f"{ACTION_KINDS[kind].target}_id"
    assert getattr(event, target) == 7
    assert events_pb2.ActionKind.Name(event.kind).lower() == kind
    assert (event.schema_version, event.action_id, event.viewer_id) == (1, "a1", 1)
    assert (event.occurred_ms, event.feed_id, event.position) == (NOON_MS, "f1", 3)
    assert (event.device, event.item_author_id) == ("phone", -1)


@pytest.mark.parametrize(
    "item",
    [
        an_item(0, author_id=0, group_id=0),
        an_item(None),
        an_item(100, change="delete", occurred_ms=NOON_MS),
        ItemChange(
            event_id="e1",
            change="publish",
            item_id=100,
            author_id=10,
            created_ms=NOON_MS,
            occurred_ms=NOON_MS + 1,
            categories=("cats", "cars"),
            region="north",
            language="en",
            is_sensitive=True,
            duration_ms=5,
            title="title",
            text="text",
            media_url="https://cdn.example/1",
            group_id=500,
            visibility="group",
        ),
    ],
    ids=["zeros", "absent", "deletion", "everything"],
)
def test_an_item_comes_back_as_it_was(item):
    assert item_change(events_pb2.ItemEvent.FromString(pack_item(item))) == item


def test_an_item_of_the_bus_names_its_schema():
    assert events_pb2.ItemEvent.FromString(pack_item(an_item())).schema_version == 1


def test_reads_the_items_of_a_request():
    events = [events_pb2.ItemEvent(event_id="e1", change=7, item_id=100)]
    request = feed_pb2.PublishItemsRequest(items=events)
    assert item_changes(request) == [an_item(change=None)]


def test_answers_carry_counts_and_errors():
    result = BatchResult(2, (EntryError(1, "UNAVAILABLE", "again"),))
    for response in (actions_response(result), items_response(result)):
        [error] = response.errors
        assert response.accepted_count == 2
        assert (error.index, error.status, error.message) == (1, "UNAVAILABLE", "again")

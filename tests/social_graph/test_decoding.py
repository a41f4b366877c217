"""Messages of the bus: what changes the graph, what does not, and what makes no sense."""

import pytest

from protos import events_pb2 as pb
from social_graph.decoding import KIND_NAMES, decode_action
from social_graph.graph_action import ON_AUTHORS, ON_GROUPS, ON_ITEMS, GraphAction
from tests.social_graph.events import NOON_MS, an_action


@pytest.mark.parametrize("kind", sorted(ON_ITEMS | ON_AUTHORS | ON_GROUPS))
def test_actions_that_change_the_graph_are_read(kind):
    action = decode_action(an_action(kind, 1, 7, action_id="x"))
    assert action == GraphAction(1, "x", kind, 7, NOON_MS)


def test_every_action_there_is_has_a_meaning_or_none():
    assert set(KIND_NAMES.values()) - (ON_ITEMS | ON_AUTHORS | ON_GROUPS) == {"impression"}
    assert decode_action(an_action("impression", 1, 100)) is None


def _changed(**fields: object) -> bytes:
    event = pb.ActionEvent.FromString(an_action("follow", 1, 7))
    for name, value in fields.items():
        setattr(event, name, value)
    return event.SerializeToString()


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (_changed(schema_version=2), "schema_version: 2"),
        (_changed(kind=0), "kind: 0 is no action"),
        (_changed(kind=99), "kind: 99 is no action"),
        (_changed(item_id=100), "author_id: absent from follow"),
        (_changed(author_id=-7), "author_id: -7 is negative"),
        (_changed(viewer_id=-1), "viewer_id: -1 is negative"),
        (_changed(occurred_ms=-1), "occurred_ms: -1 is negative"),
        (_changed(action_id=""), "action_id: is empty"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(message, problem):
    with pytest.raises(ValueError, match=problem):
        decode_action(message)

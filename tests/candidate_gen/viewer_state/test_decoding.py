"""What a message of `actions` means, and which ones mean nothing."""

import math

import pytest

from candidate_gen.viewer_state.decoding import ActionDecoder
from generation.viewer_columns import MAX_VALUE_MS
from generation.vocabulary import Names
from protos import events_pb2 as pb
from tests.candidate_gen.viewer_state.actions import an_action, an_event

decode = ActionDecoder(Names(("cats", "cars")), authors_are_viewers=True)


def test_an_action_comes_through_with_codes_for_its_categories():
    event = an_event(
        pb.LONG_VIEW, 7, value=1_500, item_author_id=12, item_categories=["cars", "new", "cats"]
    )
    assert decode(event.SerializeToString()) == an_action(
        "long_view", 7, value=1_500, author_id=12, category_codes=(2, 0, 1)
    )


def test_item_zero_is_an_item():
    assert decode(an_event(item_id=0).SerializeToString()).item_id == 0


def test_categories_beyond_the_fourth_are_left_out():
    event = an_event(item_categories=["cats", "cars", "a", "b", "cats"])
    assert decode(event.SerializeToString()).category_codes == (1, 2, 0, 0)


def test_an_authors_own_item_is_no_interest_in_the_author():
    own = an_event(item_author_id=1).SerializeToString()
    assert decode(own).author_id == -1
    apart = ActionDecoder(Names(()), authors_are_viewers=False)
    assert apart(own).author_id == 1


@pytest.mark.parametrize(("value", "taken"), [(1e300, MAX_VALUE_MS), (-1.0, 0.0)])
def test_a_value_outside_of_a_day_counts_as_its_end(value, taken):
    assert decode(an_event(value=value).SerializeToString()).value == taken


def test_an_action_on_an_author_has_no_item():
    event = an_event(pb.FOLLOW, None)
    event.author_id = 12
    action = decode(event.SerializeToString())
    assert (action.kind, action.item_id) == ("follow", -1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"kind": 0}, "kind"),
        ({"kind": 99}, "kind"),
        ({"action_id": ""}, "action_id"),
        ({"item_id": None}, "item_id"),
        ({"item_id": -1}, "item_id"),
        ({"viewer_id": -1}, "viewer_id"),
        ({"occurred_ms": -1}, "occurred_ms"),
        ({"value": math.nan}, "value"),
    ],
)
def test_a_message_that_cannot_be_meant_is_refused_by_field(changes, field):
    with pytest.raises(ValueError, match=field):
        decode(an_event(**changes).SerializeToString())

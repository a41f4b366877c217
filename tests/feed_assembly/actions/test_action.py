import math

import pytest

from feed_assembly.action import checked_action
from feed_assembly.action_kinds import ACTION_KINDS
from serving.errors import InvalidRequestError
from tests.feed_assembly.actions.builders import NOON_MS, an_action

MINUTE_MS = 60_000

REFUSED = {
    "no action id": (an_action(action_id=""), "action_id", "empty, need 1 to 64 bytes"),
    "long action id": (an_action(action_id="a" * 65), "action_id", "65 bytes, limit 64"),
    "action id of wide characters": (an_action(action_id="é" * 33), "action_id", "66 bytes"),
    "no viewer": (an_action(viewer_id=None), "viewer_id", "required"),
    "negative viewer": (an_action(viewer_id=-1), "viewer_id", "-1 is outside [0, "),
    "unknown kind": (an_action("99"), "kind", "99 is no known action"),
    "no kind": (an_action("action_kind_unspecified"), "kind", "action_kind_unspecified is no"),
    "a like of an author": (
        an_action(target="author"),
        "item_id",
        "needs item_id, author_id given",
    ),
    "a block of an item": (an_action("block", target="item"), "author_id", "needs author_id"),
    "a join of an author": (an_action("join", target="author"), "group_id", "needs group_id"),
    "no target": (an_action(target=None), "item_id", "like needs item_id, none given"),
    "negative item": (an_action(target_id=-5), "item_id", "-5 is outside [0, "),
    "negative author": (an_action("mute", target_id=-5), "author_id", "-5 is outside [0, "),
    "negative value": (an_action(value=-0.5), "value", "-0.5 is not a finite number >= 0"),
    "no number": (an_action(value=math.nan), "value", "nan is not a finite number"),
    "infinite value": (an_action(value=math.inf), "value", "inf is not a finite number"),
    "more than a day": (an_action(value=86_400_001.0), "value", "86400001.0, limit 86400000"),
    "seconds for milliseconds": (an_action(occurred_ms=1_750_000_000), "occurred_ms", "1750000000"),
    "negative time": (an_action(occurred_ms=-1), "occurred_ms", "-1 ms is outside"),
    "six minutes ahead": (an_action(occurred_ms=NOON_MS + 6 * MINUTE_MS), "occurred_ms", "ahead"),
    "long surface": (an_action(surface="s" * 65), "surface", "65 bytes, limit 64"),
    "long feed id": (an_action(feed_id="f" * 65), "feed_id", "65 bytes, limit 64"),
    "long device": (an_action(device="d" * 65), "device", "65 bytes, limit 64"),
    "negative position": (an_action(position=-2), "position", "-2 is outside [-1, 100000]"),
    "far position": (an_action(position=100_001), "position", "100001 is outside [-1, 100000]"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_naming_field_value_and_limit(name):
    action, field, problem = REFUSED[name]
    with pytest.raises(InvalidRequestError) as refusal:
        checked_action(action, "actions[3]", NOON_MS)
    assert refusal.value.field == f"actions[3].{field}"
    assert problem in refusal.value.problem


@pytest.mark.parametrize("kind", ACTION_KINDS)
def test_accepts_every_kind_on_its_own_target(kind):
    assert checked_action(an_action(kind), "actions[0]", NOON_MS).kind == kind


@pytest.mark.parametrize(
    "action",
    [
        an_action(viewer_id=0, target_id=0),
        an_action(viewer_id=2**63 - 1, target_id=2**63 - 1),
        an_action(action_id="a" * 64, surface="s" * 64, feed_id="f" * 64, device="d" * 64),
        an_action(occurred_ms=NOON_MS + 5 * MINUTE_MS),
        an_action(occurred_ms=631_152_000_000),
        an_action(value=0.0),
    ],
    ids=["id 0", "largest id", "longest names", "five minutes ahead", "1990", "no value"],
)
def test_accepts_what_is_just_within_the_limits(action):
    checked_action(action, "actions[0]", NOON_MS)


def test_time_zero_means_now():
    assert checked_action(an_action(), "actions[0]", NOON_MS).occurred_ms == NOON_MS


def test_a_position_counts_only_within_a_feed():
    of_feed = checked_action(an_action(feed_id="f", position=0), "actions[0]", NOON_MS)
    outside = checked_action(an_action(position=0), "actions[0]", NOON_MS)
    assert (of_feed.position, outside.position) == (0, -1)

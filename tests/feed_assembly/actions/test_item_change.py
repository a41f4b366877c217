import pytest

from feed_assembly.item_change import ItemChange, checked_item
from serving.errors import InvalidRequestError
from tests.feed_assembly.actions.builders import NOON_MS, an_item

MINUTE_MS = 60_000

REFUSED = {
    "no event id": (an_item(event_id=""), "event_id", "empty, need 1 to 64 bytes"),
    "long event id": (an_item(event_id="e" * 65), "event_id", "65 bytes, limit 64"),
    "no change": (an_item(change=None), "change", "need PUBLISH or DELETE"),
    "no item": (an_item(None), "item_id", "required"),
    "negative item": (an_item(-1), "item_id", "-1 is outside [0, "),
    "a deletion without item": (an_item(None, change="delete"), "item_id", "required"),
    "negative author": (an_item(author_id=-1), "author_id", "-1 is outside [0, "),
    "negative group": (an_item(group_id=-1), "group_id", "-1 is outside [0, "),
    "unknown visibility": (
        an_item(visibility="secret"),
        "visibility",
        "'secret' is none of public",
    ),
    "a group post without group": (an_item(visibility="group"), "group_id", "required when"),
    "followers of nobody": (an_item(visibility="followers"), "author_id", "required when"),
    "long region": (an_item(region="r" * 65), "region", "65 bytes, limit 64"),
    "long language": (an_item(language="l" * 65), "language", "65 bytes, limit 64"),
    "long title": (an_item(title="t" * 513), "title", "513 bytes, limit 512"),
    "long text": (an_item(text="t" * 8_193), "text", "8193 bytes, limit 8192"),
    "long url": (an_item(media_url="u" * 2_049), "media_url", "2049 bytes, limit 2048"),
    "many categories": (an_item(categories=("c",) * 17), "categories", "17 given, limit 16"),
    "an empty category": (an_item(categories=("c", "")), "categories[1]", "empty, need 1 to 64"),
    "a long category": (an_item(categories=("c" * 65,)), "categories[0]", "65 bytes, limit 64"),
    "negative duration": (an_item(duration_ms=-1), "duration_ms", "-1 is not a finite"),
    "creation in seconds": (an_item(created_ms=1_750_000_000), "created_ms", "1750000000 ms is"),
    "created tomorrow": (an_item(created_ms=NOON_MS + 86_400_000), "created_ms", "ahead"),
    "happened tomorrow": (an_item(occurred_ms=NOON_MS + 86_400_000), "occurred_ms", "ahead"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_naming_field_value_and_limit(name):
    item, field, problem = REFUSED[name]
    with pytest.raises(InvalidRequestError) as refusal:
        checked_item(item, "items[3]", NOON_MS)
    assert refusal.value.field == f"items[3].{field}"
    assert problem in refusal.value.problem


@pytest.mark.parametrize(
    "item",
    [
        an_item(0, author_id=0, group_id=0, visibility="group"),
        an_item(title="t" * 512, text="t" * 8_192, media_url="u" * 2_048),
        an_item(categories=("c" * 64,) * 16),
        an_item(created_ms=631_152_000_000, occurred_ms=NOON_MS + 5 * MINUTE_MS),
    ],
    ids=["id 0", "longest texts", "most categories", "oldest and latest"],
)
def test_accepts_what_is_just_within_the_limits(item):
    checked_item(item, "items[0]", NOON_MS)


def test_time_zero_means_now():
    item = checked_item(an_item(), "items[0]", NOON_MS)
    assert (item.created_ms, item.occurred_ms) == (NOON_MS, NOON_MS)


def test_a_deletion_needs_no_more_than_its_ids():
    odd = an_item(change="delete", visibility="secret", title="t" * 9_999, created_ms=-1)
    assert checked_item(odd, "items[0]", NOON_MS) == ItemChange(
        "e1", "delete", 100, occurred_ms=NOON_MS
    )

"""Somebody nobody knows gets a good first feed: what is popular and new where they are."""

import itertools

import pytest

from protos import feed_pb2
from tests.integration.caller import Caller, item_ids
from tests.integration.small_world import SmallWorld

NUMBERS = itertools.count(9_000_000)
REGIONS = ("north", "east", "south", "west")
LANGUAGES = ("en", "es", "de", "pt")


@pytest.fixture(scope="module")
def items(world: SmallWorld) -> dict[int, dict[str, object]]:
    return {row["item_id"]: row for row in world.rows("items")}


def feed_for(caller: Caller, region: str, language: str) -> feed_pb2.GetFeedResponse:
    return caller.feed(next(NUMBERS), 50, context={"region": region, "language": language})


def test_the_first_page_is_full_and_complete(embedded):
    page = embedded.feed(next(NUMBERS), 50)
    assert len(page.items) == 50
    assert page.receipt.origin == "ranked"
    assert not page.receipt.degraded_reasons


def test_at_least_eight_categories_where_there_are_eight(embedded, items):
    for region, language in itertools.product(REGIONS, LANGUAGES):
        suitable = {
            row["categories"][0]
            for row in items.values()
            if row["region"] in (None, region) and row["language"] in (None, language)
        }
        page = feed_for(embedded, region, language)
        categories = {item.content.categories[0] for item in page.items}
        assert len(categories) >= min(8, len(suitable)), (region, language)


def test_at_most_two_items_of_an_author(embedded):
    for region, language in itertools.product(REGIONS, LANGUAGES):
        authors = [item.author_id for item in feed_for(embedded, region, language).items]
        assert max(map(authors.count, authors)) <= 2, (region, language)


@pytest.mark.parametrize("region", REGIONS)
def test_region_and_language_are_respected(embedded, items, region):
    for language in LANGUAGES:
        for item_id in item_ids(feed_for(embedded, region, language)):
            assert items[item_id]["region"] in (None, region)
            assert items[item_id]["language"] in (None, language)


def test_only_what_is_for_everybody_is_shown(embedded, items):
    for item_id in item_ids(embedded.feed(next(NUMBERS), 50)):
        assert items[item_id]["visibility"] == "public"
        assert not items[item_id]["is_sensitive"]


def test_items_are_popular_or_new(embedded):
    page = embedded.feed(next(NUMBERS), 50)
    sources = [set(item.sources) for item in page.items]
    assert sum("popular" in found for found in sources) >= 5
    assert sum("fresh" in found for found in sources) >= 1

"""Every item says why it is there."""

import pytest

from feed_assembly.reasons import reason
from serving.contracts.sources import SOURCE_BIT


@pytest.mark.parametrize("source", SOURCE_BIT)
def test_every_source_has_words(source) -> None:
    assert reason(SOURCE_BIT[source], "")


def test_the_most_personal_one_is_told() -> None:
    bits = SOURCE_BIT["popular"] | SOURCE_BIT["friends_liked"] | SOURCE_BIT["nearest"]
    assert reason(bits, "north") == "friends liked this"


def test_popular_names_the_region_where_it_is_known() -> None:
    assert reason(SOURCE_BIT["popular"], "north") == "popular in north"
    assert reason(SOURCE_BIT["popular"], "") == "popular"

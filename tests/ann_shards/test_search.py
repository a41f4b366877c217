"""What each part finds in the tiny generation; its docstring has the answers."""

from pathlib import Path

import numpy as np
import pytest

from ann_shards.shards import Shards
from serving.contracts.shard import Eligibility, PartKind, SearchPart, SearchRequest
from serving.deadline import Deadline
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible, ids
from tests.generation.tiny_generation import ITEM_IDS, NOON_MS, SHARDS

SOON = Deadline.after_ms(3_600_000)


@pytest.fixture
def found(shards: Shards, tiny: Path):
    """Ids and scores of one part over all shards, best first, ties by smaller id."""

    async def search(part: SearchPart, eligible: Eligibility | None = None) -> dict[int, float]:
        wanted = eligible or everything_eligible()
        answers = await shards.search(SearchRequest(tiny.name, wanted, [part]), SOON)
        assert [answer.shard for answer in answers] == list(range(SHARDS))
        hits = [
            (-float(score), int(answer.columns["item_id"][row]))
            for answer in answers
            for row, score in zip(answer.parts[0].rows, answer.parts[0].scores, strict=True)
        ]
        return {item: -score for score, item in sorted(hits)[: part.limit]}

    return search


async def test_a_vector_finds_the_items_along_it(found):
    items = await found(a_vector_part(2, limit=6))
    assert list(items) == [102, 107, 112, 117, 122, 127]
    assert set(items.values()) == {1.0}


async def test_several_vectors_share_one_limit_and_no_item_comes_twice(found):
    items = await found(a_vector_part(0, 1, 1, limit=14))
    assert set(items) == {i for i in range(100, 132) if i % 5 in (0, 1)}


async def test_authors_bring_their_items_newest_first(found):
    items = await found(an_id_part(PartKind.AUTHORS, [11]))
    assert list(items) == [101, 109, 117, 125, 133]
    assert items[125] == pytest.approx(1 / (1 + 25 / 24))


async def test_a_heavier_author_comes_first(found):
    items = await found(an_id_part(PartKind.AUTHORS, [11, 10], weights=[0, 9], limit=3))
    assert list(items) == [100, 108, 116]


async def test_items_come_with_their_weight(found):
    items = await found(an_id_part(PartKind.ITEMS, [105, 9999, 103], weights=[1, 5, 2]))
    assert items == {103: 2, 105: 1}


async def test_categories_weigh_popularity_and_age(found):
    items = await found(an_id_part(PartKind.CATEGORIES, [2], weights=[0.5], limit=3))
    assert list(items) == [101, 106, 111]
    assert items[106] == pytest.approx(1.5 * np.log1p(35) / (1 + 6 / 24))


async def test_popular_items_of_a_region_leave_others_out(found):
    items = await found(
        SearchPart(PartKind.POPULAR, 4), everything_eligible(region=2, allow_sensitive=True)
    )
    assert items == {100: 40, 101: 39, 102: 38, 103: 37}
    items = await found(SearchPart(PartKind.POPULAR, 40), everything_eligible(region=2))
    assert not set(items) & set(range(104, 140, 4))


async def test_fresh_items_come_newest_first(found):
    items = await found(SearchPart(PartKind.FRESH, 3))
    assert items == {100: 1, 101: pytest.approx(24 / 25), 102: pytest.approx(24 / 26)}


ELIGIBLE = [
    ({}, set(range(100, 136))),
    ({"followed_ids": ids(14)}, set(range(100, 137))),
    ({"followed_ids": ids(13, 15, 16, 17)}, set(range(100, 136))),
    ({"friend_ids": ids(15)}, {*range(100, 136), 137}),
    ({"group_ids": ids(500)}, {*range(100, 136), 138}),
    ({"allow_sensitive": True}, {*range(100, 136), 139}),
    ({"oldest_ms": NOON_MS - 3 * 3_600_000}, {100, 101, 102, 103}),
    ({"excluded_item_ids": ids(7, 100, 134)}, set(range(101, 134)) | {135}),
    ({"excluded_author_ids": ids(11)}, set(range(100, 136)) - {101, 109, 117, 125, 133}),
]


@pytest.mark.parametrize(("changes", "expected"), ELIGIBLE)
@pytest.mark.parametrize(
    "part",
    [
        SearchPart(PartKind.FRESH, 40),
        SearchPart(PartKind.POPULAR, 40),
        an_id_part(PartKind.CATEGORIES, range(1, 6), limit=40),
        an_id_part(PartKind.ITEMS, ITEM_IDS, limit=40),
        an_id_part(PartKind.AUTHORS, range(10, 18), limit=40),
    ],
    ids=lambda part: part.kind.name,
)
async def test_every_list_finds_all_that_is_eligible_and_nothing_else(
    found, part, changes, expected
):
    assert set(await found(part, everything_eligible(**changes))) == expected


async def test_vectors_skip_what_is_not_eligible(found):
    items = await found(
        a_vector_part(0, limit=3), everything_eligible(excluded_item_ids=ids(100, 105))
    )
    assert list(items) == [110, 115, 120]

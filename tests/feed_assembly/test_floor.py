"""The floor is broad."""

import numpy as np

from feed_assembly.floor import Pool
from feed_assembly.item_change import ItemChange
from serving.errors import DependencyError
from tests.feed_assembly.ring import Ring
from tests.generation.tiny_generation import vocabulary


def a_pool(authors: list[int], categories: list[int]) -> Pool:
    """Items 0, 1, 2, … most popular first."""
    count = len(authors)
    return Pool(
        np.arange(count),
        np.array(authors, np.int64),
        np.arange(count, 0, -1).astype(np.float32),
        np.array(categories, np.int64),
    )


def every(pool: Pool) -> np.ndarray:
    return np.ones(len(pool.item_ids), np.bool_)


def test_the_first_places_go_to_different_categories() -> None:
    pool = a_pool(list(range(12)), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 0])
    chosen = pool.spread(every(pool), 8)
    assert chosen.tolist() == [0, 4, 5, 6, 7, 8, 9, 10]


def test_at_most_two_items_of_an_author_while_there_are_others() -> None:
    pool = a_pool([1, 1, 1, 1, 2, 2], [0, 0, 0, 0, 0, 0])
    assert pool.spread(every(pool), 4).tolist() == [0, 1, 4, 5]


def test_else_they_follow_so_that_the_page_is_full() -> None:
    pool = a_pool([1, 1, 1, 1], [0, 0, 0, 0])
    assert pool.spread(every(pool), 4).tolist() == [0, 1, 2, 3]


def test_items_without_author_are_not_of_one_author() -> None:
    pool = a_pool([-1, -1, -1, 5], [0, 0, 0, 0])
    assert pool.spread(every(pool), 3).tolist() == [0, 1, 2]


def test_only_usable_items_count() -> None:
    pool = a_pool([1, 2, 3], [0, 0, 0])
    assert pool.spread(np.array([False, True, True]), 5).tolist() == [1, 2]


def test_a_pool_is_most_popular_first_without_duplicates(ring) -> None:
    north = ring.floor.pool(vocabulary().regions.code("north"))
    assert north.item_ids.tolist() == sorted(set(north.item_ids.tolist()))
    assert (np.diff(north.scores) <= 0).all()


def test_a_region_without_pool_gets_that_of_every_region(ring) -> None:
    assert ring.floor.pool(99).item_ids.tolist() == ring.floor.pool(0).item_ids.tolist()


async def floor_page(ring: Ring, viewer_id: int = 2, **fields: object) -> list[int]:
    ring.candidates.failure = DependencyError("away")
    page = await ring.page(viewer_id, **fields)
    assert page.receipt.origin == "floor"
    return page.item_ids.tolist()


async def test_the_viewers_own_region_counts_unless_the_call_names_one(ring) -> None:
    north_only = set(range(104, 139, 4))
    assert not north_only & set(await floor_page(ring, viewer_id=2, page_size=50))  # of the south
    assert north_only & set(await floor_page(ring, viewer_id=999, region="north", page_size=50))


async def test_an_item_that_became_private_is_not_on_the_floor(ring) -> None:
    before = await floor_page(ring, viewer_id=2, page_size=1)
    ring.overlay.apply(ItemChange("e", "publish", before[0], author_id=10, visibility="friends"))
    assert before[0] not in await floor_page(ring, viewer_id=999, page_size=50)


async def test_nobody_gets_their_own_items(ring) -> None:
    page = await floor_page(ring, viewer_id=10, page_size=50)
    authors, _ = ring.content.facts(np.array(page))
    assert 10 not in authors.tolist()


async def test_nobody_meets_on_the_floor_whom_the_generation_knows_as_blocked(ring) -> None:
    """Viewer 1 blocks 12, is blocked by 13 and mutes 14."""
    page = await floor_page(ring, viewer_id=1, page_size=50)
    authors, _ = ring.content.facts(np.array(page))
    assert set(authors.tolist()) == {10, 11, 15, 16, 17}


async def test_not_even_when_nothing_is_known_of_the_session(ring) -> None:
    ring.state.is_away = True
    page = await floor_page(ring, viewer_id=1, page_size=50)
    authors, _ = ring.content.facts(np.array(page))
    assert set(authors.tolist()) == {10, 11, 15, 16, 17}

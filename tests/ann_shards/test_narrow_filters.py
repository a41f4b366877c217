"""Every part finds what it should among 20,000 items, however few of them are eligible."""

from collections.abc import Callable

import numpy as np
import pytest

from ann_shards.eligibility import MAX_KEPT
from ann_shards.question import Question
from ann_shards.shard import Shard, open_shard
from generation.item_columns import EMBEDDING_DIM
from serving.contracts.shard import PartKind, SearchPart, SearchRequest, ShardAnswer
from tests.ann_shards.large_shard import AUTHOR_ITEMS, write_large_shard
from tests.ann_shards.requests import an_id_part, everything_eligible
from tests.ann_shards.shard_memory import a_manifest
from tests.generation.tiny_generation import NOON_MS, vocabulary

COUNT = 20_000
AUTHORS = COUNT // AUTHOR_ITEMS
RNG = np.random.default_rng(7)
VECTOR_PART = SearchPart(
    PartKind.VECTORS, 200, RNG.standard_normal((3, EMBEDDING_DIM)).astype(np.float32)
)


@pytest.fixture(scope="module", params=["exact", "ivf"])
def shard(request, tmp_path_factory) -> Shard:
    folder = tmp_path_factory.mktemp(request.param)
    write_large_shard(folder, COUNT, force=request.param)
    return open_shard(folder, 0, a_manifest(), vocabulary())


@pytest.fixture
def search(shard: Shard) -> Callable[..., ShardAnswer]:
    def run(part: SearchPart, **eligibility: object) -> ShardAnswer:
        wanted = everything_eligible(**eligibility)
        return shard.search(Question(SearchRequest("", wanted, [part])))

    return run


def all_but_two_percent() -> np.ndarray:
    """Ids to exclude."""
    return np.flatnonzero(np.arange(COUNT) % 50)


def is_public(shard: Shard) -> np.ndarray:
    return shard.items.base.columns["visibility"] == 0


@pytest.mark.parametrize(
    "part",
    [
        VECTOR_PART,
        an_id_part(PartKind.CATEGORIES, range(1, 51), limit=200),
        SearchPart(PartKind.POPULAR, 200),
        SearchPart(PartKind.FRESH, 200),
        an_id_part(PartKind.AUTHORS, range(AUTHORS), limit=200),
    ],
    ids=lambda part: part.kind.name,
)
def test_quotas_fill_at_two_percent_eligible(shard, search, part):
    answer = search(part, excluded_item_ids=all_but_two_percent())
    assert len(answer.parts[0].rows) == 200
    found = answer.columns["item_id"]
    assert not (found % 50).any()
    assert is_public(shard)[found].all()


def test_authors_give_exactly_the_best_of_all_their_items(shard, search):
    wanted = RNG.choice(AUTHORS, 60, replace=False)
    weights = RNG.gamma(0.5, 3.0, 60).astype(np.float32)
    part = an_id_part(PartKind.AUTHORS, wanted.tolist(), weights=weights.tolist(), limit=100)
    answer = search(part)
    columns = shard.items.base.columns
    weight_of = dict(zip(wanted.tolist(), weights.tolist(), strict=True))
    mine = np.flatnonzero(np.isin(columns["author_id"], wanted) & is_public(shard))
    age_days = (NOON_MS - columns["created_ms"][mine]) / 86_400_000
    boosts = 1 + np.array([weight_of[author] for author in columns["author_id"][mine].tolist()])
    scores = np.sort((boosts / (1 + age_days)).astype(np.float32))[::-1][:100]
    np.testing.assert_allclose(answer.parts[0].scores, scores, rtol=1e-6)


def test_popular_gives_exactly_the_most_popular_of_the_region(shard, search):
    answer = search(SearchPart(PartKind.POPULAR, 100), region=2)
    columns = shard.items.base.columns
    here = columns["popularity"][is_public(shard) & (columns["region"] == 2)]
    np.testing.assert_array_equal(answer.parts[0].scores, np.sort(here)[::-1][:100])


def test_nearest_scores_are_dot_products_with_the_nearest_query(search):
    answer = search(VECTOR_PART)
    vectors = answer.columns["vector"][answer.parts[0].rows].astype(np.float32)
    products = (vectors @ VECTOR_PART.vectors.T).max(axis=1)
    np.testing.assert_allclose(answer.parts[0].scores, products, rtol=1e-3, atol=1e-3)


def test_the_fewer_are_eligible_the_longer_is_a_search_said_to_take(shard):
    part = SearchPart(PartKind.VECTORS, 20, VECTOR_PART.vectors)

    def compared(**eligibility: object) -> int:
        request = SearchRequest("", everything_eligible(**eligibility), [part])
        question = Question(request)
        return shard.compared(question, shard.judged(question))

    everything = 3 * (shard._index.parameters.lists + COUNT)
    assert compared(excluded_item_ids=np.arange(COUNT)) == everything
    if shard._index.is_probed:
        assert compared() < compared(excluded_item_ids=all_but_two_percent()) <= everything


def test_few_enough_kinds_of_viewers_are_kept_for_a_change_to_be_cheap(search, shard):
    for region in range(MAX_KEPT + 10):
        search(SearchPart(PartKind.FRESH, 1), region=region)
    assert len(shard._eligibility._kept) == MAX_KEPT

"""What each source asks for, and when it has nothing to ask."""

import pytest

from candidate_gen.pipeline import SOURCES
from candidate_gen.sources.category_recent import CategoryRecent
from candidate_gen.sources.friends_liked import FriendsLiked
from candidate_gen.sources.in_network import InNetwork
from candidate_gen.sources.nearest import Nearest
from candidate_gen.sources.similar_to_liked import SimilarToLiked
from candidate_gen.stages import Question, Source
from serving.contracts.shard import PartKind
from serving.contracts.sources import SOURCES as DECLARED_SOURCES
from tests.candidate_gen.builders import a_neighbourhood, a_query, a_vector, a_viewer


def asked(source: Source, **query: object) -> Question:
    question = source.plan(a_query(**query))  # type: ignore[arg-type]
    assert question is not None
    return question


def test_the_pipeline_has_the_declared_sources_in_the_declared_order() -> None:
    assert tuple(source.name for source in SOURCES) == DECLARED_SOURCES


@pytest.mark.parametrize(
    "source", [InNetwork(), Nearest(), SimilarToLiked(), FriendsLiked(), CategoryRecent()]
)
def test_personal_sources_have_nothing_to_ask_for_somebody_unknown(source: Source) -> None:
    assert source.plan(a_query()) is None


def test_in_network_asks_for_authors_by_affinity_without_those_left_or_blocked() -> None:
    around = a_neighbourhood(followed_ids=[53, 51, 52], followed_affinity=[3, 2, 1])
    question = asked(
        InNetwork(), neighbourhood=around, unfollowed_author_ids=[51], excluded_author_ids=[52]
    )
    assert question.kind == PartKind.AUTHORS
    assert question.ids is not None
    assert question.weights is not None
    assert (question.ids.tolist(), question.weights.tolist()) == ([53], [3.0])


def test_nearest_asks_with_one_vector_and_similar_with_each_cluster() -> None:
    viewer = a_viewer(vector=a_vector(2), cluster_vectors=[a_vector(0), a_vector(1)])
    nearest, similar = asked(Nearest(), viewer=viewer), asked(SimilarToLiked(), viewer=viewer)
    assert nearest.vectors is not None
    assert similar.vectors is not None
    assert (nearest.vectors.shape[0], similar.vectors.shape[0]) == (1, 2)
    assert nearest.vectors[0, 2] == 1


def test_friends_liked_asks_for_items_weighed_by_friends() -> None:
    around = a_neighbourhood(friends_liked_item_ids=[9, 4], friends_liked_counts=[3, 1])
    question = asked(FriendsLiked(), neighbourhood=around)
    assert question.ids is not None
    assert question.weights is not None
    assert (question.kind, question.ids.tolist()) == (PartKind.ITEMS, [9, 4])
    assert question.weights.tolist() == [3.0, 1.0]


def test_category_recent_asks_for_the_best_categories_only() -> None:
    viewer = a_viewer(
        category_codes=[1, 2, 3],
        category_impressions=[9, 9, 9],
        category_positives=[1, 3, 0],
    )
    question = asked(CategoryRecent(), viewer=viewer)
    assert question.ids is not None
    assert question.weights is not None
    assert (question.ids.tolist(), question.weights.tolist()) == ([2, 1], [1.5, 0.5])


def test_category_recent_prefers_smaller_codes_among_equals() -> None:
    codes = list(range(20, 0, -1))
    viewer = a_viewer(
        category_codes=codes, category_impressions=[1] * 20, category_positives=[1] * 20
    )
    question = asked(CategoryRecent(), viewer=viewer)
    assert question.ids is not None
    assert question.ids.tolist() == list(range(1, 11))

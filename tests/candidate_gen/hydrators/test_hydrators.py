"""The cross columns, each by example."""

import numpy as np

from candidate_gen.hydrators.acquaintance import Acquaintance
from candidate_gen.hydrators.author_affinity import AuthorAffinity
from candidate_gen.hydrators.category_affinity import CategoryAffinity
from candidate_gen.hydrators.friends_liked_count import FriendsLikedCount
from candidate_gen.hydrators.same_group import SameGroup
from serving.contracts.graph import FOLLOWS, FRIEND, SECOND_DEGREE
from tests.candidate_gen.builders import a_batch, a_neighbourhood, a_query, a_viewer


def test_category_counts_follow_each_category_of_the_item():
    viewer = a_viewer(
        category_codes=[3, 1], category_impressions=[30, 10], category_positives=[3, 1]
    )
    batch = a_batch([1, 2], categories=[[1, 3, 0, 0], [2, 0, 0, 0]])
    columns = CategoryAffinity(category_count=3).hydrate(a_query(viewer), batch)
    assert columns["category_impressions"].tolist() == [[10, 30, 0, 0], [0, 0, 0, 0]]
    assert columns["category_positives"].tolist() == [[1, 3, 0, 0], [0, 0, 0, 0]]


def test_author_counts_are_zero_for_authors_never_met():
    viewer = a_viewer(author_ids=[52, 50], author_impressions=[4, 2], author_positives=[1, 0])
    batch = a_batch([1, 2, 3, 4], author_id=[50, 51, 52, -1])
    columns = AuthorAffinity().hydrate(a_query(viewer), batch)
    assert columns["author_impressions"].tolist() == [2, 0, 4, 0]
    assert columns["author_positives"].tolist() == [0, 0, 1, 0]


def test_author_counts_of_a_viewer_without_history_are_zero():
    columns = AuthorAffinity().hydrate(a_query(), a_batch([1, 2], author_id=[50, 51]))
    assert columns["author_impressions"].tolist() == [0, 0]


def test_acquaintance_reads_the_graphs_flags():
    batch = a_batch(
        [1, 2, 3, 4], relation_flags=[FOLLOWS | FRIEND, FOLLOWS | SECOND_DEGREE, SECOND_DEGREE, 0]
    )
    columns = Acquaintance().hydrate(a_query(), batch)
    assert columns["follows_author"].tolist() == [1, 1, 0, 0]
    assert columns["is_friend"].tolist() == [1, 0, 0, 0]
    assert columns["follow_distance"].tolist() == [1, 1, 2, 3]


def test_an_author_unfollowed_a_moment_ago_is_a_stranger():
    batch = a_batch([1, 2], author_id=[50, 51], relation_flags=[FOLLOWS | FRIEND, FOLLOWS])
    columns = Acquaintance().hydrate(a_query(unfollowed_author_ids=[50]), batch)
    assert columns["follows_author"].tolist() == [0, 1]
    assert columns["is_friend"].tolist() == [0, 0]
    assert columns["follow_distance"].tolist() == [3, 1]


def test_same_group_ignores_groups_just_left_and_items_without_group():
    query = a_query(neighbourhood=a_neighbourhood(group_ids=[500, 501]), left_group_ids=[501])
    batch = a_batch([1, 2, 3], group_id=[500, 501, -1])
    assert SameGroup().hydrate(query, batch)["same_group"].tolist() == [1, 0, 0]


def test_friends_liked_counts_items_of_any_source():
    around = a_neighbourhood(friends_liked_item_ids=[9, 2], friends_liked_counts=[3, 1])
    columns = FriendsLikedCount().hydrate(a_query(neighbourhood=around), a_batch([2, 5, 9]))
    assert columns["friends_liked"].tolist() == [1, 0, 3]


def test_columns_have_the_contracts_types():
    query, batch = a_query(), a_batch([1])
    stages = [
        CategoryAffinity(3),
        AuthorAffinity(),
        Acquaintance(),
        SameGroup(),
        FriendsLikedCount(),
    ]
    types = {}
    for stage in stages:
        types |= {name: v.dtype.type for name, v in stage.hydrate(query, batch).items()}
    flags = {"follows_author", "is_friend", "same_group"}
    assert {name for name, kind in types.items() if kind is np.uint8} == flags
    assert {kind for name, kind in types.items() if name not in flags} == {np.float32}
